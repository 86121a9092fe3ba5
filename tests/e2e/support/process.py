"""What /proc tells about a running server."""

import array
import errno
import fcntl
import os
import stat
import termios
from pathlib import Path


def status_field(pid, name):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return line.split(":", 1)[1].split()
    raise AssertionError(f"/proc/{pid}/status has no {name}")


def resident_mib(pid):
    """Memory of its own: mapped files and shared memory (the rings) are the kernel's to count."""
    return int(status_field(pid, "RssAnon")[0]) / 1024


def thread_count(pid):
    """Includes the kernel's io_uring workers, which are threads of the process that uses them."""
    return len(os.listdir(f"/proc/{pid}/task"))


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def descriptor_links(pid):
    """Descriptor number → what it refers to."""
    links = {}
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            links[int(name)] = os.readlink(f"/proc/{pid}/fd/{name}")
        except FileNotFoundError:
            pass  # closed since it was listed
    return links


def descriptor_counts(pid):
    """How many sockets, and how many open files, the process holds."""
    links = descriptor_links(pid).values()
    return {"sockets": sum(link.startswith("socket:") for link in links),
            "files": sum(link.startswith("/") for link in links)}


def pipe_descriptors(pid):
    """One descriptor for each pipe, without the three standard streams."""
    links = descriptor_links(pid)
    pipes = {link: number for number, link in links.items() if link.startswith("pipe:")}
    for number in range(3):
        pipes.pop(links.get(number), None)
    return list(pipes.values())


def pipe_count(pid):
    return len(pipe_descriptors(pid))


def bytes_in_pipes(pid):
    return sum(bytes_in_pipe(pid, number) for number in pipe_descriptors(pid))


def bytes_in_pipe(pid, number):
    try:
        opened = os.open(f"/proc/{pid}/fd/{number}", os.O_RDONLY | os.O_NONBLOCK)
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ENXIO):
            raise
        return 0  # closed since it was listed, or the number is a socket's by now
    try:
        if not stat.S_ISFIFO(os.fstat(opened).st_mode):
            return 0
        count = array.array("i", [0])
        fcntl.ioctl(opened, termios.FIONREAD, count)
        return count[0]
    finally:
        os.close(opened)


def tcp_state(local_port, remote_port):
    """The state of one IPv4 socket as /proc/net/tcp spells it ("01" is ESTABLISHED), or None."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        local, remote, state = line.split()[1:4]
        if (int(local.split(":")[1], 16), int(remote.split(":")[1], 16)) \
                == (local_port, remote_port):
            return state
    return None
