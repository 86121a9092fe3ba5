// Which functions of the library a program can call.
#pragma once

// Stands before every function of these headers that is defined in the library, and every class
// that it throws. A shared library shows its programs nothing else.
#define SLUICE_API [[gnu::visibility("default")]]
