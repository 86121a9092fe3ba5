#include "rules/substitution.h"

#include <utility>

#include "http/characters.h"
#include "http/percent_encoding.h"
#include "rules/message.h"

namespace sluice::rules {

namespace {

bool is_kept(char c, Escaping escaping) noexcept {
  switch (escaping) {
    case Escaping::kNone:
      return true;
    case Escaping::kPath:
      return http::is_location_path_char(c);
    case Escaping::kQuery:
      return c == '/' || http::is_unreserved_char(c);
  }
  return false;
}

}  // namespace

void BoundedOutput::put(std::string_view text, Escaping escaping) noexcept {
  http::percent_encode(
      text, [escaping](char c) { return is_kept(c, escaping); }, [this](char c) { put(c); });
}

std::expected<Substitution, std::string> Substitution::compile(std::string_view text,
                                                               size_t capture_count) {
  Substitution substitution;
  std::string literal;
  const auto end_literal = [&] {
    if (!literal.empty()) {
      substitution.parts_.push_back({std::exchange(literal, {}), 0});
    }
  };
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '$') {
      literal += text[i];
      continue;
    }
    const char next = ++i < text.size() ? text[i] : '\0';
    if (next == '$') {
      literal += '$';
      continue;
    }
    if (next < '1' || next > '9') {
      return std::unexpected(
          message("a '$' in \"", text, "\" is followed by neither 1 to 9 nor '$'; '$$' is a '$'"));
    }
    const auto capture = static_cast<size_t>(next - '0');
    if (capture > capture_count) {
      return std::unexpected(message("\"", text, "\" has $", capture, ", but there are ",
                                     capture_count, " wildcards"));
    }
    end_literal();
    substitution.parts_.push_back({"", capture});
  }
  end_literal();
  return substitution;
}

void Substitution::put(const Captures& captures, Escaping escaping, bool merge_slashes,
                       BoundedOutput& out) const noexcept {
  for (const Part& part : parts_) {
    std::string_view text = part.capture > 0 ? captures.parts[part.capture - 1] : part.literal;
    if (merge_slashes && out.ends_in_slash() && text.starts_with('/')) {
      text.remove_prefix(1);
    }
    if (part.capture > 0) {
      out.put(text, escaping);
    } else {
      out.put(text);
    }
  }
}

size_t Substitution::write(const Captures& captures, Escaping escaping,
                           std::span<char> out) const noexcept {
  BoundedOutput output(out);
  put(captures, escaping, false, output);
  return output.size();
}

}  // namespace sluice::rules
