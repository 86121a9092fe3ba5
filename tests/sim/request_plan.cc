#include "sim/request_plan.h"

#include <algorithm>

#include "http/error_page.h"

namespace sluice::sim {

namespace {

// How a request is put together; what the drawn kinds of it change.
struct Draft {
  std::string method = "GET";
  std::string target = "/";
  std::string version = "HTTP/1.1";
  std::string fields;
  std::string content;
  Expectation expectation;
};

const SiteFile& draw_file(Random& random) {
  const auto& files = Site::shared().files();
  // The larger ones seldom: they are most of the work.
  const size_t count = random.chance(0.85) ? files.size() - 3 : files.size();
  return files[random.below(count)];
}

void ask_for(Draft& draft, const SiteFile& file) {
  draft.target = "/" + file.path;
  draft.expectation.body = file.content;
}

// Bytes that would be answered if they were taken for requests.
std::string tempting_content(Random& random, size_t bytes) {
  const std::string request = "GET /one.txt HTTP/1.1\r\nHost: smuggled\r\n\r\n";
  std::string content;
  while (content.size() < bytes) content += random.chance(0.7) ? request : "\r\n\r\n";
  content.resize(bytes);
  return content;
}

std::string chunked(Random& random, std::string_view content) {
  std::string out;
  while (!content.empty()) {
    const size_t bytes = std::min(content.size(), random.between(1, 900));
    char size[20];
    std::snprintf(size, sizeof size, "%zx\r\n", bytes);
    out += size;
    out += content.substr(0, bytes);
    out += "\r\n";
    content.remove_prefix(bytes);
  }
  return out + "0\r\n\r\n";
}

void add_content(Draft& draft, Random& random, const Limits& limits) {
  const uint64_t limit = limits.unwanted_content_bytes;
  const uint64_t size = random.pick<uint64_t>({1, 50, 500, limit / 2, limit, limit + 1, limit * 2});
  const std::string content = tempting_content(random, size);
  if (random.chance(0.4)) {
    draft.fields += "Transfer-Encoding: chunked\r\n";
    draft.content = chunked(random, content);
    if (draft.content.size() > limit) draft.expectation.afterwards = Afterwards::kMayEnd;
  } else {
    draft.fields += "Content-Length: " + std::to_string(size) + "\r\n";
    draft.content = content;
    if (size > limit) draft.expectation.afterwards = Afterwards::kEnds;
  }
  if (random.chance(0.1)) {
    draft.fields += "Expect: 100-continue\r\n";
    draft.expectation.afterwards = Afterwards::kEnds;
  }
}

void ask_for_range(Draft& draft, Random& random) {
  const SiteFile& file = draw_file(random);
  ask_for(draft, file);
  const uint64_t size = file.content.size();
  const std::string total = std::to_string(size);
  if (size == 0 || random.chance(0.15)) {
    draft.fields += "Range: bytes=" + total + "-\r\n";
    draft.expectation = Expectation::error(416);
    draft.expectation.fields.emplace_back("Content-Range", "bytes */" + total);
    return;
  }
  uint64_t first = random.below(size);
  uint64_t last = random.between(first, size - 1);
  std::string range = std::to_string(first) + "-" + std::to_string(last);
  switch (random.below(4)) {
    case 0:
      last = size - 1;
      range = std::to_string(first) + "-";
      break;
    case 1:
      last = size - 1;
      range = "-" + std::to_string(size - first);
      break;
    case 2:
      last = size - 1;
      range = std::to_string(first) + "-" + std::to_string(size + 1000);
      break;
    default:
      break;
  }
  draft.fields += "Range: bytes=" + range + "\r\n";
  draft.expectation.status = 206;
  draft.expectation.body = file.content.substr(first, last - first + 1);
  draft.expectation.fields.emplace_back(
      "Content-Range", "bytes " + std::to_string(first) + "-" + std::to_string(last) + "/" + total);
}

void ask_for_nothing_there(Draft& draft, Random& random) {
  draft.expectation = Expectation::error(404);
  switch (random.below(4)) {
    case 0:
      draft.target = "/nothing/here";
      break;
    case 1:
      draft.target = "/" + std::string(Site::kHiddenFile);
      break;
    case 2:
      draft.target = "/one.txt/";  // a file is no directory
      break;
    default:
      draft.target = "/nested/deep/%00";
      draft.expectation = Expectation::error(400, Afterwards::kEnds);
  }
}

void ask_for_directory(Draft& draft, Random& random) {
  const std::string index_directory(Site::kIndexDirectory);
  switch (random.below(4)) {
    case 0:
      draft.target = "/" + index_directory + "?a=b";
      draft.expectation = Expectation::error(301);
      draft.expectation.fields.emplace_back("Location", "/" + index_directory + "/?a=b");
      break;
    case 1:
      draft.target = "/" + std::string(Site::kBareDirectory) + "/";
      draft.expectation = Expectation::error(403);
      break;
    default:
      draft.target = "/" + index_directory + "/";
      draft.expectation.body = Site::shared().index().content;
  }
}

void ask_badly(Draft& draft, Random& random, const Limits& limits) {
  const auto refused = [&draft](int status) {
    draft.expectation = Expectation::error(status, Afterwards::kEnds);
  };
  switch (random.below(7)) {
    case 0:
      draft.method = "BREW";
      return refused(501);
    case 1:
      draft.version = "HTTP/2.0";
      return refused(505);
    case 2:
      draft.fields += "Host: twice\r\n";
      return refused(400);
    case 3:
      draft.fields += "No colon at all\r\n";
      return refused(400);
    case 4:
      draft.target = "/" + std::string(limits.target_bytes + 1, 'a');
      return refused(414);
    case 5:
      draft.fields += "Long: " + std::string(limits.head_bytes, 'a') + "\r\n";
      return refused(431);
    default:
      draft.method = "POST";
      draft.content = tempting_content(random, 80);
      draft.fields += "Content-Length: 80\r\n";
      draft.expectation = Expectation::error(405);
      draft.expectation.fields.emplace_back("Allow", "GET, HEAD, OPTIONS");
  }
}

// Who closes, and how old the client is.
void choose_version(Draft& draft, Random& random) {
  if (random.chance(0.04)) {
    draft.fields += "Connection: close\r\n";
    draft.expectation.afterwards = Afterwards::kEnds;
  } else if (random.chance(0.06)) {
    draft.version = "HTTP/1.0";
    draft.fields += "Connection: keep-alive\r\n";
    if (draft.expectation.afterwards == Afterwards::kPersists) {
      draft.expectation.fields.emplace_back("Connection", "keep-alive");
    }
  } else if (random.chance(0.02)) {
    draft.version = "HTTP/1.0";
    draft.expectation.afterwards = Afterwards::kEnds;
  }
}

RequestPlan finished(const Draft& draft) {
  RequestPlan plan;
  plan.bytes = draft.method + " " + draft.target + " " + draft.version +
               "\r\nHost: simulated.example\r\n" + draft.fields + "\r\n";
  plan.head_bytes = plan.bytes.size();
  plan.bytes += draft.content;
  plan.expectation = draft.expectation;
  return plan;
}

// The body that `response` promises by its Content-Length, where that may be one of several.
std::string_view promised_body(const ReceivedResponse& response, const Expectation& expectation,
                               const Allowance& allowance) {
  const std::string_view whole = expectation.body;
  if (expectation.of_shrinking_file && allowance.cut_to &&
      response.content_length == *allowance.cut_to) {
    return whole.substr(0, *allowance.cut_to);
  }
  const std::string_view other = Site::shared().swapped_content();
  if (expectation.of_swapped_file && allowance.swapped && response.content_length == other.size()) {
    return other;
  }
  return whole;
}

// Where a file is cut, the system fills the rest of the page with zeros, also if that page is on
// its way to a client already; and a page may be a large folio. Who sends pages cannot prevent
// that.
bool same_bytes(std::string_view got, std::string_view wanted, const Expectation& expectation,
                const Allowance& allowance) {
  if (got == wanted) return true;
  if (!expectation.of_shrinking_file || !allowance.cut_to) return false;
  for (size_t i = 0; i < got.size(); ++i) {
    const bool zeroed = got[i] == '\0' && i >= *allowance.cut_to;
    if (got[i] != wanted[i] && !zeroed) return false;
  }
  return true;
}

std::string compare_head(const ReceivedResponse& response, const Expectation& expectation,
                         const Allowance& allowance) {
  if (response.status != expectation.status) {
    return "status " + std::to_string(response.status) + " instead of " +
           std::to_string(expectation.status);
  }
  const std::string_view body = promised_body(response, expectation, allowance);
  if (response.content_length != body.size()) {
    return "Content-Length " + std::to_string(response.content_length) + " instead of " +
           std::to_string(body.size());
  }
  for (const auto& [name, value] : expectation.fields) {
    const auto found = response.field(name);
    const bool overruled = name == "Connection" && allowance.draining && found == "close";
    if (found != value && !overruled) return "no field '" + name + ": " + value + "'";
  }
  const bool closes = response.field("Connection") == "close";
  const bool may_close = expectation.afterwards == Afterwards::kEnds || allowance.draining;
  if (closes && !may_close) return "'Connection: close' without need";
  if (!closes && expectation.afterwards == Afterwards::kEnds) return "no 'Connection: close'";
  return "";
}

const Expectation& refusal() {
  static const Expectation page = Expectation::error(503);
  return page;
}

// Without descriptors a file is as good as closed.
bool is_refusal(const ReceivedResponse& response, const Allowance& allowance) {
  return allowance.refused_opens && response.status == 503;
}

Expectation refused(const Expectation& expectation) {
  Expectation other = refusal();
  other.head_only = expectation.head_only;
  other.afterwards = expectation.afterwards;
  return other;
}

}  // namespace

Expectation Expectation::error(int status, Afterwards afterwards) {
  Expectation expectation;
  expectation.status = status;
  expectation.body = http::error_page(status);
  expectation.afterwards = afterwards;
  return expectation;
}

std::string compare(const ReceivedResponse& response, const Expectation& expectation,
                    const Allowance& allowance) {
  if (expectation.status != 503 && is_refusal(response, allowance)) {
    return compare(response, refused(expectation), allowance);
  }
  std::string problem = compare_head(response, expectation, allowance);
  if (!problem.empty()) return problem;
  const std::string_view wanted =
      expectation.head_only ? "" : promised_body(response, expectation, allowance);
  if (response.body.size() != wanted.size()) return "a body of another length";
  return same_bytes(response.body, wanted, expectation, allowance) ? "" : "other bytes in the body";
}

std::string compare_beginning(const ReceivedResponse& response, const Expectation& expectation,
                              const Allowance& allowance) {
  if (expectation.status != 503 && is_refusal(response, allowance)) {
    return compare_beginning(response, refused(expectation), allowance);
  }
  std::string problem = compare_head(response, expectation, allowance);
  if (!problem.empty()) return problem;
  const std::string_view wanted =
      promised_body(response, expectation, allowance).substr(0, response.body.size());
  return same_bytes(response.body, wanted, expectation, allowance)
             ? ""
             : "other bytes in the part of a body";
}

RequestPlan draw_request(Random& random, const Limits& limits, bool with_changing_files) {
  Draft draft;
  const uint64_t kind = random.below(100);
  if (with_changing_files && kind < 25) {
    ask_for(draft, Site::shared().shrinking());
    draft.expectation.of_shrinking_file = true;
  } else if (with_changing_files && kind < 50) {
    ask_for(draft, Site::shared().swapped());
    draft.expectation.of_swapped_file = true;
  } else if (kind < 55) {
    ask_for(draft, draw_file(random));
  } else if (kind < 70) {
    ask_for_range(draft, random);
  } else if (kind < 80) {
    ask_for_nothing_there(draft, random);
  } else if (kind < 87) {
    ask_for_directory(draft, random);
  } else if (kind < 92) {
    ask_badly(draft, random, limits);
    return finished(draft);
  } else {
    ask_for(draft, draw_file(random));
    add_content(draft, random, limits);
    return finished(draft);
  }
  if (random.chance(0.2)) draft.fields += "Filler: " + std::string(random.below(300), 'f') + "\r\n";
  choose_version(draft, random);
  if (draft.expectation.status != 206 && draft.expectation.status != 416 && random.chance(0.15)) {
    draft.method = "HEAD";
    draft.expectation.head_only = true;
  }
  return finished(draft);
}

RequestPlan plain_get(const SiteFile& file) {
  Draft draft;
  ask_for(draft, file);
  return finished(draft);
}

}  // namespace sluice::sim
