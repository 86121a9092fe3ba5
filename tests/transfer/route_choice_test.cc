// Which route a file begins with, and which ones follow where that one does not do.
#include "transfer/route_choice.h"

#include <gtest/gtest.h>

#include <vector>

namespace sluice {
namespace {

constexpr RouteThresholds kThresholds{.mapped_bytes = 1'000, .sendfile_bytes = 5'000};

TEST(RouteChoice, GoesByTheSize) {
  struct Case {
    uint64_t bytes;
    Route route;
  };
  constexpr Case kCases[] = {
      {1, Route::kMapped},       {1'000, Route::kMapped}, {1'001, Route::kSendfile},
      {5'000, Route::kSendfile}, {5'001, Route::kSplice}, {UINT64_MAX, Route::kSplice},
  };
  for (const Case& one : kCases) {
    EXPECT_EQ(first_route(Route::kAuto, one.bytes, kThresholds), one.route) << one.bytes;
  }
}

TEST(RouteChoice, AThresholdOfNothingLeavesARouteOut) {
  EXPECT_EQ(first_route(Route::kAuto, 1, {.mapped_bytes = 0, .sendfile_bytes = 9}),
            Route::kSendfile);
  EXPECT_EQ(first_route(Route::kAuto, 10, {.mapped_bytes = 9, .sendfile_bytes = 0}),
            Route::kSplice);
}

TEST(RouteChoice, WhoAsksForARouteGetsIt) {
  for (const Route route : {Route::kCopy, Route::kSendfile, Route::kSplice, Route::kRingSplice,
                            Route::kMapped, Route::kZeroCopySend}) {
    for (const uint64_t bytes : {1ULL, 2'000ULL, 1'000'000ULL}) {
      EXPECT_EQ(first_route(route, bytes, kThresholds), route);
    }
  }
  EXPECT_EQ(first_route(Route::kCopyFileRange, 1, kThresholds), Route::kMapped);
}

std::vector<Route> routes_from(Route route, RouteEnd end) {
  std::vector<Route> routes;
  while (route != Route::kCopy && routes.size() < kRouteCount) {
    route = next_route(route, end);
    routes.push_back(route);
  }
  return routes;
}

TEST(RouteChoice, EndsInACopy) {
  using Routes = std::vector<Route>;
  struct Case {
    Route route;
    RouteEnd end;
    Routes next;
  };
  const Case cases[] = {
      {Route::kSplice, RouteEnd::kUnsuitable, {Route::kCopy}},
      {Route::kSplice, RouteEnd::kNoPipe, {Route::kSendfile, Route::kCopy}},
      {Route::kRingSplice, RouteEnd::kUnsuitable, {Route::kCopy}},
      {Route::kRingSplice, RouteEnd::kNoPipe, {Route::kSendfile, Route::kCopy}},
      {Route::kSendfile, RouteEnd::kUnsuitable, {Route::kCopy}},
      {Route::kMapped, RouteEnd::kUnsuitable, {Route::kSendfile, Route::kCopy}},
      {Route::kZeroCopySend,
       RouteEnd::kUnsuitable,
       {Route::kMapped, Route::kSendfile, Route::kCopy}},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(routes_from(one.route, one.end), one.next) << name_of(one.route);
  }
}

}  // namespace
}  // namespace sluice
