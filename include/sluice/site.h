// What is served to whom: sites, the directories that their paths lead to, and rules by path.
//
// Wherever a rule names paths, it does so by a pattern, which is matched against the whole path of
// the request, decoded and with its dot segments resolved ("/a/b.html"; "/a/" for a directory):
//   ?     one byte other than '/'
//   *     any number of bytes other than '/'
//   **    any number of bytes; "/**/" is also a single '/', so "/**/x" matches "/x" as well
// A pattern without '/' in front matches at any depth: "*.js" is "/**/*.js". At most 9 wildcards.
// Where there are several ways to match, each takes as little as it can, the leftmost one first.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <sluice/handler.h>
#include <sluice/route.h>

namespace sluice {

// Which symbolic links below a root are followed.
enum class Symlinks : uint8_t {
  kNone,     // none: a path with a link in it is not found
  kBeneath,  // those that stay inside the root (openat2(2), RESOLVE_BENEATH)
  kFollow,   // all, wherever they lead
};

// What an entity tag (RFC 9110 §8.8.3) is made of.
enum class EntityTags : uint8_t {
  kModified,  // size and modification time; a time of 0 or 1 tells nothing, so then the content
  kContent,   // a hash of the content
  kNone,      // there is none
};

// What an upload waits for before it is answered (fsync(2)).
enum class UploadSync : uint8_t {
  kNone,       // nothing: a power failure may lose it, or leave it empty under its name
  kFile,       // its bytes are on the disk before it gets its name
  kDirectory,  // and so is its name
};

// How files come into a directory: PUT and DELETE (RFC 9110 §9.3), and resumable uploads
// (draft-ietf-httpbis-resumable-upload-12). Names that begin with ".sluice-upload" are reserved for
// those under way.
struct Uploads {
  // More is answered with 413.
  uint64_t limit_bytes = 1024ULL * 1024 * 1024;
  // Directories that are missing on the way are made; otherwise 409.
  bool make_parents = false;
  UploadSync sync = UploadSync::kNone;
  // How long an interrupted upload is kept to be gone on with, since its last byte.
  uint64_t resume_ms = 24ULL * 3600 * 1000;
};

// A directory, and how its files are served.
struct Directory {
  // Nothing outside it is ever served, unless `symlinks` says so. Empty only for a site whose
  // handlers and mounts answer everything.
  std::string root;

  // File names that stand for their directory, in this order.
  std::vector<std::string> index = {"index.html"};

  // A directory without an index is listed, as HTML or JSON, whichever the client prefers.
  bool listing = false;

  // Names that begin with a dot are served, and listed.
  bool hidden_files = false;

  Symlinks symlinks = Symlinks::kBeneath;
  EntityTags etag = EntityTags::kModified;

  // file.br, file.zst and file.gz beside a file are sent to clients that accept them.
  bool precompressed = true;

  // Variants that are missing are made in the background, into Options::cache_directory.
  bool compress = false;

  // "/about" finds about.html, also where there is a directory "about".
  bool clean_urls = false;

  // What a navigation (a request that accepts HTML) gets where nothing is found, with 200: the path
  // of a single-page application, "/index.html". Empty: nothing.
  std::string fallback;

  // Patterns of paths below which a missing file stays missing.
  std::vector<std::string> fallback_exclude = {"/assets/**"};

  // Status → path of the file that is its page, below this root. The status stays what it is.
  std::map<int, std::string> error_pages;

  // How bodies are sent; kCopyFileRange is not for this.
  Route transfer = Route::kAuto;

  // What a response brings into the page cache of files of this size and more is dropped behind the
  // part that is sent, so that a large download does not push out what others use. What was there
  // before stays. 0: nothing is dropped.
  uint64_t one_time_bytes = 0;

  // Files may be put here and deleted. Whoever may is for `auth` to say.
  bool uploads = false;
  Uploads upload;
};

// A directory at a path of its own: "/downloads" serves its root's "x" as "/downloads/x". Paths in
// it (fallback, error_pages, fallback_exclude) are those of the site, "/downloads/index.html".
struct Mount : Directory {
  std::string path;
};

struct HeaderField {
  std::string name;
  std::string value;
};

// Sets of fields that people want.
enum class HeaderPreset : uint8_t {
  kNone,
  kImmutable,  // files whose name carries a hash may be kept for a year without asking
  kSecurity,   // nosniff, a referrer policy, no framing by others, an opener policy; always
  kCors,       // every origin may read; preflight requests are answered; always
};

// Changes the header fields of responses where `path` matches what was asked for, or the file that
// answers: a rule for "*.html" is also about "/", where index.html is served. Applied in order.
struct HeaderRule {
  std::string path = "/**";
  HeaderPreset preset = HeaderPreset::kNone;
  std::vector<HeaderField> set;     // in the place of all fields of that name
  std::vector<HeaderField> add;     // beside them
  std::vector<std::string> remove;  // by name
  // Also on errors (4xx, 5xx). Without it on 2xx and 3xx, 304 among them.
  bool always = false;
};

// Sends the client elsewhere. The first rule that matches wins.
struct RedirectRule {
  // A pattern, or a path that begins those that match, and whose rest is appended to `to`:
  // one of the two, the other empty. "/docs" begins itself and "/docs/…", "/docs/" only the latter.
  std::string from;
  std::string prefix;
  // A path or an http(s) URL. $1 to $9 are what the wildcards of `from` matched, from the left;
  // "$$" is a '$'. The query of the request is kept unless `to` has one.
  std::string to;
  int status = 301;  // 301, 302, 303, 307 or 308 (RFC 9110 §15.4)
};

// Answers with another path, unseen by the client but where that is a directory without its final
// slash, whose own path it is sent to. As RedirectRule; `to` is a path.
struct RewriteRule {
  std::string from;
  std::string prefix;
  std::string to;
};

// Asks for a name and a password (RFC 7617). The first rule that matches a path decides.
struct AuthRule {
  std::string path = "/**";
  std::string realm = "Restricted";
  // A file of NAME:HASH lines (htpasswd(1)); the hashes are bcrypt's, or others that crypt(5)
  // knows. Read again when it changes.
  std::string htpasswd;
};

// A site is the directory at "/" and all that is said about its paths.
struct Site : Directory {
  // Names of the Host field without port, in any case: "example.org", or "*.example.org" for all
  // names below it. An exact name comes before a wildcard, a longer wildcard before a shorter one.
  std::vector<std::string> hosts;

  // Serves hosts that no other site names. A site without `hosts` does so anyway. At most one.
  // Where there is none, other hosts are answered with 421 (RFC 9110 §15.5.20).
  bool default_site = false;

  std::vector<Mount> mounts;  // the longest path that matches wins
  std::vector<HandlerRoute> handlers;
  std::vector<HeaderRule> headers;
  std::vector<RedirectRule> redirects;
  std::vector<RewriteRule> rewrites;
  std::vector<AuthRule> auth;
};

}  // namespace sluice
