"""Downloads of files that are not in the page cache."""

import os
import socket
import threading

from errors import BenchError

CLIENTS = 4
TOTAL_BYTES = 128 << 20
MOST_FILES = 400
TURNS = 3  # for each round of files in the page cache


def file_count(size):
    return max(4, min(MOST_FILES, TOTAL_BYTES // size))


def forget(files):
    """Drops the files from the page cache (posix_fadvise(2)); their data is on the disk already."""
    for file in files:
        fd = os.open(file, os.O_RDONLY)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(fd)


def download(port, files, size):
    """Every file once, by CLIENTS connections at a time."""
    shares = [files[i::CLIENTS] for i in range(CLIENTS)]
    failures = []
    threads = [threading.Thread(target=download_share, args=(port, share, size, failures))
               for share in shares if share]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise BenchError(failures[0])


def download_share(port, files, size, failures):
    os.sched_setaffinity(0, {1})
    buffer = bytearray(1 << 20)
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            for file in files:
                request = f"GET /{file.name} HTTP/1.1\r\nHost: bench\r\n\r\n"
                connection.sendall(request.encode())
                receive(connection, buffer, size)
    except (OSError, BenchError) as error:
        failures.append(f"{files[0].name}: {error}")


def receive(connection, buffer, size):
    head = b""
    while b"\r\n\r\n" not in head:
        got = connection.recv_into(buffer)
        if got == 0:
            raise BenchError("the connection ended in a head")
        head += bytes(buffer[:got])
    left = size - (len(head) - head.index(b"\r\n\r\n") - 4)
    while left > 0:
        got = connection.recv_into(buffer)
        if got == 0:
            raise BenchError("the connection ended in a body")
        left -= got
