"""scripts/check_layers.py on small trees: what it lets pass, and what it must find."""

import pytest


@pytest.fixture
def check(tmp_path, write, run):
    """Checks a tree with these files: its status and the lines that the script printed."""

    def check_tree(files):
        for name, text in files.items():
            write(name, text)
        return run("check_layers.py", tmp_path)

    return check_tree


@pytest.mark.parametrize(("file", "header"), [
    ("src/base/error.cc", "<sluice/error.h>"),
    ("src/base/error.cc", "<sys/socket.h>"),
    ("src/base/error.h", '"base/assert.h"'),
    ("src/ring/kernel_ring.cc", "<liburing.h>"),
    ("src/io/socket.h", '<sluice/unique_fd.h>'),
    ("src/io/operations.cc", "<linux/io_uring.h>"),
    ("src/http/request_parser.cc", "<llhttp.h>"),
    ("src/files/open_file.h", '"http/entity_tag.h"'),
    ("src/cache/store.cc", '"transfer/transfer.h"'),
    ("src/server/connection.cc", '"runtime/reactor.h"'),
    ("src/cli/main.cc", "<mimalloc-new-delete.h>"),
    ("src/cli/main.cc", "<CLI/CLI.hpp>"),
    ("src/cli/main.cc", '"server/shard.h"'),
    ("include/sluice/server.h", "<sluice/options.h>"),
    ("include/sluice/server.h", "<sys/types.h>"),
    ("include/sluice/server.h", "<expected>"),
])
def test_lets_pass(check, file, header):
    assert check({file: f"#include {header}\n"}) == (0, [])


@pytest.mark.parametrize(("file", "header"), [
    ("src/base/error.cc", '"io/socket.h"'),
    ("src/ring/ring.h", '"runtime/reactor.h"'),
    ("src/http/date.cc", '"io/socket.h"'),
    ("src/http/date.cc", '"ring/ring.h"'),
    ("src/io/socket.cc", '"http/date.h"'),
    ("src/transfer/transfer.cc", '"files/open_file.h"'),
    ("src/files/open_file.cc", '"transfer/transfer.h"'),
    ("src/files/open_file.cc", '"server/shard.h"'),
    ("src/server/shard.cc", '"cli/flags.h"'),
    ("src/cache/store.cc", '"server/shard.h"'),
])
def test_finds_an_include_against_the_arrows(check, file, header):
    status, lines = check({file: f"// Why.\n#include {header}\n"})
    assert status == 1
    assert len(lines) == 1
    assert lines[0].startswith(f"{file}:2: ")
    assert "may not include" in lines[0]


@pytest.mark.parametrize(("file", "header"), [
    ("src/server/server.cc", "<liburing.h>"),
    ("src/runtime/reactor.h", "<linux/io_uring.h>"),
    ("src/runtime/reactor.h", "<liburing/io_uring.h>"),
    ("src/server/connection.cc", "<llhttp.h>"),
    ("src/base/slab_pool.h", "<mimalloc.h>"),
    ("src/server/server.cc", "<CLI/CLI.hpp>"),
    ("src/server/server.cc", "<toml++/toml.h>"),
    ("include/sluice/server.h", "<liburing.h>"),
])
def test_finds_a_header_outside_its_fence(check, file, header):
    status, lines = check({file: f"  #  include {header}\n"})
    assert status == 1
    assert len(lines) == 1
    assert lines[0].startswith(f"{file}:1: ")
    assert "only in" in lines[0]


def test_finds_a_second_file_that_includes_llhttp(check):
    status, lines = check({"src/http/request_parser.cc": "#include <llhttp.h>\n",
                           "src/http/response_parser.cc": "#include <llhttp.h>\n"})
    assert status == 1
    assert len(lines) == 1
    assert lines[0].startswith("src/http/response_parser.cc:1: ")
    assert "src/http/request_parser.cc" in lines[0]


@pytest.mark.parametrize("header", [
    '"base/error.h"', '"sluice/error.h"', "<base/error.h>", "<fmt/format.h>", "<nlohmann/json.hpp>",
])
def test_finds_what_a_public_header_must_not_include(check, header):
    status, lines = check({"include/sluice/server.h": f"#pragma once\n#include {header}\n"})
    assert status == 1
    assert len(lines) == 1
    assert lines[0].startswith("include/sluice/server.h:2: ")


@pytest.mark.parametrize("header", ['"socket.h"', '"../base/error.h"', '"unknown/layer.h"',
                                    "<base/error.h>", '"sluice/error.h"'])
def test_finds_an_include_that_does_not_name_its_layer_as_it_should(check, header):
    status, lines = check({"src/io/socket.cc": f"#include {header}\n"})
    assert status == 1
    assert len(lines) == 1
    assert lines[0].startswith("src/io/socket.cc:1: ")


def test_finds_a_source_outside_the_layers(check):
    status, lines = check({"src/extra/thing.cc": "#include <vector>\n"})
    assert status == 1
    assert "src/extra/thing.cc:1: " in lines[0]


def test_names_every_problem(check):
    status, lines = check({"src/base/a.h": '#include "http/date.h"\n#include "io/socket.h"\n',
                           "src/ring/b.cc": '#include <vector>\n#include "io/socket.h"\n'})
    assert status == 1
    assert [line.split(": ")[0] for line in lines] == [
        "src/base/a.h:1", "src/base/a.h:2", "src/ring/b.cc:2"]
