// What every program with a server in it does around the serving.
#pragma once

#include <pthread.h>
#include <signal.h>

#include <cstdio>

#include <sluice/server.h>

// Prints the address, and serves until SIGINT or SIGTERM; then responses under way have ten seconds
// to end. Returns the exit status of the program, which is called `name` where it says what fails.
inline int serve(const char* name, const sluice::Options& options) {
  sigset_t ends;  // blocked before there are threads, so that sigwait() below gets them
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  try {
    sluice::Server server(options);
    server.start();
    std::printf("%s\n", server.addresses()[0].c_str());
    std::fflush(stdout);
    int signal = 0;
    sigwait(&ends, &signal);
    server.stop(10'000);
    return 0;
  } catch (const sluice::StartError& error) {
    std::fprintf(stderr, "%s: %s\n", name, error.what());
    return 1;
  }
}
