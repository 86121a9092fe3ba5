import contextlib
import os
import resource
import shutil
import signal
import tempfile
from pathlib import Path

import pytest

pytest.register_assert_rewrite("support")

from support.clocks import Clocks  # noqa: E402  (must follow the line above)
from support.server import BINARY, SANITIZED, Server  # noqa: E402
from support.tree import build_site  # noqa: E402

TEST_SECONDS = 60


def pytest_sessionstart():
    if not os.access(BINARY, os.X_OK):
        pytest.exit(f"no server to test at {BINARY}; build it, or set SLUICE_BINARY", returncode=2)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def pytest_collection_modifyitems(items):
    """Tests that wait for a clock come last: by then most clocks have run out."""
    items.sort(key=lambda item: item.get_closest_marker("timed") is not None)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item):
    marker = item.get_closest_marker("limit")
    seconds = (marker.args[0] if marker else TEST_SECONDS) * (2 if SANITIZED else 1)

    def give_up(*_):
        raise TimeoutError(f"the test took longer than {seconds} s")

    previous = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, previous)


@pytest.fixture(scope="session")
def scratch():
    """pytest's own temporary directories are closed to the unprivileged user some tests run as."""
    path = Path(tempfile.mkdtemp(prefix="sluice-e2e-")).resolve()
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def new_directory(scratch):
    """Makes empty directories that live as long as the module's tests."""
    made = []

    def make():
        made.append(Path(tempfile.mkdtemp(dir=scratch)))
        made[-1].chmod(0o755)
        return made[-1]

    yield make
    for path in made:
        shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def directory(new_directory):
    return new_directory()


@pytest.fixture(scope="session")
def site(scratch):
    base = scratch / "base"
    base.mkdir()
    return build_site(base)


@contextlib.contextmanager
def servers():
    started = []

    def start(root, *flags, **options):
        started.append(Server(root, *flags, **options))
        return started[-1]

    yield start
    with contextlib.ExitStack() as stack:  # stops all of them even when one has failed
        for server in started:
            stack.callback(server.stop)


def from_text(start_server):
    """Starts servers from the text of a configuration, which becomes DIRECTORY/sluice.toml.

    Relative paths in it are relative to the directory. Flags and options are those of Server; the
    listener is its default, not what the text says, unless `listen=()` and `ready_lines` are given.
    """
    def start_configured(text, directory, *flags, **options):
        file = directory / "sluice.toml"
        file.write_text(text)
        return start_server(None, "--config", file, *flags, **options)

    return start_configured


@pytest.fixture
def start():
    """Starts servers; the end of the test stops them and looks for complaints."""
    with servers() as start_server:
        yield start_server


@pytest.fixture
def start_configured(start):
    """The same, for servers with a configuration file."""
    return from_text(start)


@pytest.fixture(scope="module")
def start_shared():
    """The same as `start`, for servers that all tests of a module share."""
    with servers() as start_server:
        yield start_server


@pytest.fixture(scope="module")
def start_configured_shared(start_shared):
    return from_text(start_shared)


@pytest.fixture(scope="module")
def server(site, start_shared):
    """A server on the common site."""
    return start_shared(site.root)


@pytest.fixture(scope="session", autouse=True)
def clocks(request, scratch):
    """Deadlines of up to a minute run beside the other tests instead of after them."""
    if not any(item.get_closest_marker("timed") for item in request.session.items):
        yield None
        return
    with servers() as start_server:
        yield Clocks(start_server, scratch)
