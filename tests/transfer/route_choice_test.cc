// Which route a file begins with, and which ones follow where that one does not do.
#include "transfer/route_choice.h"

#include <gtest/gtest.h>

#include <vector>

namespace sluice {
namespace {

constexpr RouteThresholds kThresholds{
    .mapped_bytes = 1'000, .mapped_again_bytes = 2'000, .sendfile_bytes = 5'000};
constexpr uint64_t kLongAgo = UINT64_MAX;

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
    EXPECT_EQ(first_route(Route::kAuto, one.bytes, kLongAgo, kThresholds), one.route) << one.bytes;
  }
}

TEST(RouteChoice, AThresholdOfNothingLeavesARouteOut) {
  EXPECT_EQ(first_route(Route::kAuto, 1, kLongAgo, {.mapped_bytes = 0, .sendfile_bytes = 9}),
            Route::kSendfile);
  EXPECT_EQ(first_route(Route::kAuto, 10, kLongAgo, {.mapped_bytes = 9, .sendfile_bytes = 0}),
            Route::kSplice);
  EXPECT_EQ(first_route(Route::kAuto, 10, 0,
                        {.mapped_bytes = 9, .mapped_again_bytes = 0, .sendfile_bytes = 10}),
            Route::kSendfile);
}

TEST(RouteChoice, WhatTheProcessorsCachesStillHoldIsCopied) {
  struct Case {
    uint64_t bytes;
    uint64_t sent_since;
    Route route;
  };
  constexpr Case kCases[] = {
      {1'001, 0, Route::kMapped},        {2'000, 2'000, Route::kMapped},
      {2'000, 2'001, Route::kSendfile},  {2'001, 0, Route::kSendfile},
      {1'000, kLongAgo, Route::kMapped}, {6'000, 0, Route::kSplice},
  };
  for (const Case& one : kCases) {
    EXPECT_EQ(first_route(Route::kAuto, one.bytes, one.sent_since, kThresholds), one.route)
        << one.bytes << " " << one.sent_since;
  }
}

TEST(RouteChoice, WhoAsksForARouteGetsIt) {
  for (const Route route : {Route::kCopy, Route::kSendfile, Route::kSplice, Route::kRingSplice,
                            Route::kMapped, Route::kZeroCopySend}) {
    for (const uint64_t bytes : {1ULL, 2'000ULL, 1'000'000ULL}) {
      EXPECT_EQ(first_route(route, bytes, 0, kThresholds), route);
    }
  }
  EXPECT_EQ(first_route(Route::kCopyFileRange, 1, kLongAgo, kThresholds), Route::kMapped);
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
      {Route::kMapped, RouteEnd::kNoMapping, {Route::kSendfile, Route::kCopy}},
      {Route::kZeroCopySend, RouteEnd::kNoMapping, {Route::kSendfile, Route::kCopy}},
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
