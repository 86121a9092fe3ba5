// The http layer: what one request costs before and after the file is found.
#include <benchmark/benchmark.h>

#include <array>
#include <string_view>

#include "http/date.h"
#include "http/media_type.h"
#include "http/request_parser.h"
#include "http/response_head.h"
#include "http/target_path.h"
#include "micro/allocation_counter.h"

namespace sluice::http {
namespace {

using bench::AllocationColumn;

constexpr std::string_view kWrkRequest =
    "GET /index.html HTTP/1.1\r\n"
    "Host: 127.0.0.1:8080\r\n"
    "\r\n";

constexpr std::string_view kBrowserRequest =
    "GET /assets/app-4f2a9c1b.js?v=2024-06-07 HTTP/1.1\r\n"
    "Host: www.example.org\r\n"
    "Connection: keep-alive\r\n"
    "sec-ch-ua: \"Chromium\";v=\"124\", \"Google Chrome\";v=\"124\", \"Not-A.Brand\";v=\"99\"\r\n"
    "sec-ch-ua-mobile: ?0\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/124.0.0.0 Safari/537.36\r\n"
    "sec-ch-ua-platform: \"Linux\"\r\n"
    "Accept: */*\r\n"
    "Sec-Fetch-Site: same-origin\r\n"
    "Sec-Fetch-Mode: no-cors\r\n"
    "Sec-Fetch-Dest: script\r\n"
    "Referer: https://www.example.org/docs/getting-started/\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Accept-Language: en-GB,en-US;q=0.9,en;q=0.8,de;q=0.7\r\n"
    "Cookie: session=3b1f0c9e7a5d4e2f8c6b; theme=dark\r\n"
    "\r\n";

void parse_request(benchmark::State& state, std::string_view request) {
  const AllocationColumn allocations(state);
  for (auto _ : state) {
    RequestParser parser({});
    benchmark::DoNotOptimize(parser.parse_head(request));
    std::string_view content;
    benchmark::DoNotOptimize(parser.parse_body({}, content));
    benchmark::DoNotOptimize(parser.head(request.data()).target());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(request.size()));
}
BENCHMARK_CAPTURE(parse_request, wrk, kWrkRequest);
BENCHMARK_CAPTURE(parse_request, browser, kBrowserRequest);

void find_field(benchmark::State& state) {
  RequestParser parser({});
  parser.parse_head(kBrowserRequest);
  const RequestHead head = parser.head(kBrowserRequest.data());
  const AllocationColumn allocations(state);
  for (auto _ : state) {
    benchmark::DoNotOptimize(head.find("Range"));
  }
}
BENCHMARK(find_field);

void resolve_target(benchmark::State& state, std::string_view target) {
  const AllocationColumn allocations(state);
  for (auto _ : state) {
    TargetPath path;
    benchmark::DoNotOptimize(parse_target(target, path));
    benchmark::DoNotOptimize(path.c_str());
  }
}
BENCHMARK_CAPTURE(resolve_target, plain, "/assets/app-4f2a9c1b.js?v=2024-06-07");
BENCHMARK_CAPTURE(resolve_target, escaped, "/a%20b/./c/../%C3%A4//d%2Fe.html");

void write_head(benchmark::State& state) {
  constexpr std::string_view kCommonFields =
      "Server: sluice\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n";
  constexpr std::string_view kFileFields =
      "Content-Type: text/javascript; charset=utf-8\r\n"
      "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
      "ETag: \"18f-17979cfe3d85cd15\"\r\nAccept-Ranges: bytes\r\n";
  std::array<char, 1024> out;
  uint64_t length = 123456;
  const AllocationColumn allocations(state);
  for (auto _ : state) {
    benchmark::DoNotOptimize(length);
    HeadWriter writer(out);
    writer.status_line(200).raw(kCommonFields).raw(kFileFields);
    writer.field("Content-Length", length).end();
    benchmark::DoNotOptimize(writer.view());
    benchmark::ClobberMemory();
  }
}
BENCHMARK(write_head);

void find_media_type(benchmark::State& state) {
  std::string_view path = "assets/app-4f2a9c1b.js";
  const AllocationColumn allocations(state);
  for (auto _ : state) {
    benchmark::DoNotOptimize(path);
    benchmark::DoNotOptimize(media_type(path));
  }
}
BENCHMARK(find_media_type);

void write_date_field(benchmark::State& state) {
  int64_t seconds = 1'717'700'000;
  const AllocationColumn allocations(state);
  for (auto _ : state) {
    char out[kDateLength];
    write_date(++seconds, out);
    benchmark::DoNotOptimize(out);
  }
}
BENCHMARK(write_date_field);

}  // namespace
}  // namespace sluice::http
