// Media types: RFC 9110 §8.3, and what browsers need of them.
#include "http/media_type.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::http {
namespace {

struct MediaTypeCase {
  std::string_view path;
  std::string_view type;
};

class MediaTypeTest : public testing::TestWithParam<MediaTypeCase> {};

TEST_P(MediaTypeTest, IsOfTheExtension) {
  EXPECT_EQ(media_type(GetParam().path), GetParam().type) << GetParam().path;
}

INSTANTIATE_TEST_SUITE_P(Text, MediaTypeTest,
                         testing::Values(MediaTypeCase{"index.html", "text/html; charset=utf-8"},
                                         MediaTypeCase{"a.htm", "text/html; charset=utf-8"},
                                         MediaTypeCase{"a.css", "text/css; charset=utf-8"},
                                         MediaTypeCase{"a.js", "text/javascript; charset=utf-8"},
                                         MediaTypeCase{"a.mjs", "text/javascript; charset=utf-8"},
                                         MediaTypeCase{"a.cjs", "text/javascript; charset=utf-8"},
                                         MediaTypeCase{"robots.txt", "text/plain; charset=utf-8"},
                                         MediaTypeCase{"a.log", "text/plain; charset=utf-8"},
                                         MediaTypeCase{"a.md", "text/markdown; charset=utf-8"},
                                         MediaTypeCase{"a.csv", "text/csv; charset=utf-8"},
                                         MediaTypeCase{"a.ics", "text/calendar; charset=utf-8"},
                                         MediaTypeCase{"a.vtt", "text/vtt; charset=utf-8"},
                                         MediaTypeCase{"a.rs", "text/plain; charset=utf-8"}));

INSTANTIATE_TEST_SUITE_P(
    Applications, MediaTypeTest,
    testing::Values(
        MediaTypeCase{"a.json", "application/json"}, MediaTypeCase{"a.js.map", "application/json"},
        MediaTypeCase{"a.webmanifest", "application/manifest+json"},
        MediaTypeCase{"a.wasm", "application/wasm"}, MediaTypeCase{"a.xml", "application/xml"},
        MediaTypeCase{"a.xhtml", "application/xhtml+xml"},
        MediaTypeCase{"a.rss", "application/rss+xml"},
        MediaTypeCase{"a.atom", "application/atom+xml"},
        MediaTypeCase{"a.jsonld", "application/ld+json"},
        MediaTypeCase{"a.jsonl", "application/jsonl"}, MediaTypeCase{"a.yaml", "application/yaml"},
        MediaTypeCase{"a.yml", "application/yaml"}, MediaTypeCase{"a.toml", "application/toml"},
        MediaTypeCase{"a.pdf", "application/pdf"}, MediaTypeCase{"a.zip", "application/zip"},
        MediaTypeCase{"a.tar.gz", "application/gzip"}, MediaTypeCase{"a.zst", "application/zstd"},
        MediaTypeCase{"a.br", "application/x-brotli"},
        MediaTypeCase{"a.7z", "application/x-7z-compressed"},
        MediaTypeCase{"a.bin", "application/octet-stream"}));

INSTANTIATE_TEST_SUITE_P(
    Media, MediaTypeTest,
    testing::Values(MediaTypeCase{"a.png", "image/png"}, MediaTypeCase{"a.jpg", "image/jpeg"},
                    MediaTypeCase{"a.jpeg", "image/jpeg"}, MediaTypeCase{"a.gif", "image/gif"},
                    MediaTypeCase{"a.svg", "image/svg+xml"}, MediaTypeCase{"a.webp", "image/webp"},
                    MediaTypeCase{"a.avif", "image/avif"}, MediaTypeCase{"a.jxl", "image/jxl"},
                    MediaTypeCase{"a.apng", "image/apng"},
                    MediaTypeCase{"favicon.ico", "image/vnd.microsoft.icon"},
                    MediaTypeCase{"a.woff", "font/woff"}, MediaTypeCase{"a.woff2", "font/woff2"},
                    MediaTypeCase{"a.ttf", "font/ttf"}, MediaTypeCase{"a.otf", "font/otf"},
                    MediaTypeCase{"a.mp4", "video/mp4"}, MediaTypeCase{"a.webm", "video/webm"},
                    MediaTypeCase{"a.ts", "video/mp2t"},
                    MediaTypeCase{"a.m3u8", "application/vnd.apple.mpegurl"},
                    MediaTypeCase{"a.mpd", "application/dash+xml"},
                    MediaTypeCase{"a.mp3", "audio/mpeg"}, MediaTypeCase{"a.ogg", "audio/ogg"},
                    MediaTypeCase{"a.opus", "audio/ogg"}, MediaTypeCase{"a.flac", "audio/flac"},
                    MediaTypeCase{"a.wav", "audio/wav"}, MediaTypeCase{"a.m4a", "audio/mp4"}));

INSTANTIATE_TEST_SUITE_P(
    Names, MediaTypeTest,
    testing::Values(MediaTypeCase{"A.HTML", "text/html; charset=utf-8"},
                    MediaTypeCase{"a.JpG", "image/jpeg"},
                    MediaTypeCase{"a.b.c/d.e.png", "image/png"},
                    MediaTypeCase{"a.html/b", "application/octet-stream"},
                    MediaTypeCase{"a.html/", "application/octet-stream"},
                    MediaTypeCase{"html", "application/octet-stream"},
                    MediaTypeCase{"a/html", "application/octet-stream"},
                    MediaTypeCase{"a.", "application/octet-stream"},
                    MediaTypeCase{".", "application/octet-stream"},
                    MediaTypeCase{"", "application/octet-stream"},
                    MediaTypeCase{"a.htmlx", "application/octet-stream"},
                    MediaTypeCase{"a.htm l", "application/octet-stream"},
                    MediaTypeCase{"a.html ", "application/octet-stream"},
                    MediaTypeCase{"a.\xff\xff", "application/octet-stream"},
                    MediaTypeCase{"a.an-extension-longer-than-any-in-the-table-of-media-types",
                                  "application/octet-stream"}));

TEST(Compressible, IsWhatBecomesSmaller) {
  for (const std::string_view type : {"text/html",
                                      "text/html; charset=utf-8",
                                      "text/css",
                                      "text/javascript;charset=utf-8",
                                      "text/x-anything",
                                      "TEXT/PLAIN",
                                      " text/plain ; a=b",
                                      "application/json",
                                      "Application/JSON; charset=utf-8",
                                      "application/manifest+json",
                                      "application/ld+json",
                                      "application/geo+JSON",
                                      "application/xml",
                                      "application/xhtml+xml",
                                      "application/rss+xml",
                                      "application/atom+xml",
                                      "image/svg+xml",
                                      "application/javascript",
                                      "application/x-javascript",
                                      "application/wasm",
                                      "application/yaml",
                                      "application/toml",
                                      "application/jsonl",
                                      "application/vnd.apple.mpegurl",
                                      "application/vnd.ms-fontobject",
                                      "application/x-tar",
                                      "font/ttf",
                                      "font/otf",
                                      "image/bmp",
                                      "image/vnd.microsoft.icon",
                                      "model/obj"}) {
    EXPECT_TRUE(compressible(type)) << type;
  }
  for (const std::string_view type : {"",
                                      "text",
                                      "/",
                                      ";",
                                      "texts/html",
                                      "xtext/html",
                                      "json",
                                      "application/jsonx",
                                      "application/json-seq2",
                                      "application/json+zip",
                                      "application/octet-stream",
                                      "application/zip",
                                      "application/gzip",
                                      "application/zstd",
                                      "application/x-brotli",
                                      "application/x-xz",
                                      "application/pdf",
                                      "application/epub+zip",
                                      "application/vnd.rar",
                                      "font/woff",
                                      "font/woff2",
                                      "image/png",
                                      "image/jpeg",
                                      "image/gif",
                                      "image/webp",
                                      "image/avif",
                                      "image/jxl",
                                      "audio/mpeg",
                                      "audio/ogg",
                                      "video/mp4",
                                      "video/webm",
                                      "video/mp2t",
                                      "image/png; a=text/html",
                                      "application/unknown"}) {
    EXPECT_FALSE(compressible(type)) << type;
  }
}

TEST(Compressible, FollowsTheTypesOfFiles) {
  for (const std::string_view extension :
       {"html", "css", "js",   "mjs",   "json", "map",     "webmanifest", "wasm", "svg", "md",
        "txt",  "csv", "xml",  "xhtml", "rss",  "atom",    "yaml",        "toml", "ico", "ttf",
        "otf",  "eot", "m3u8", "mpd",   "vtt",  "geojson", "jsonl",       "tar",  "bmp"}) {
    EXPECT_TRUE(compressible(media_type("a." + std::string(extension)))) << extension;
  }
  for (const std::string_view extension :
       {"png",  "jpg", "gif",  "webp", "avif", "jxl", "woff", "woff2", "mp4",
        "webm", "mp3", "ogg",  "zip",  "gz",   "br",  "zst",  "xz",    "7z",
        "rar",  "pdf", "docx", "epub", "jar",  "bin", "ts"}) {
    EXPECT_FALSE(compressible(media_type("a." + std::string(extension)))) << extension;
  }
}

TEST(CompressedByItself, HasNoUseForAVariant) {
  for (const std::string_view type :
       {"image/png", "IMAGE/JPEG", "image/webp", "video/mp4", "audio/ogg", "application/zip",
        " application/gzip ; a=b", "application/zstd", "application/x-xz", "font/woff",
        "font/woff2"}) {
    EXPECT_TRUE(compressed_by_itself(type)) << type;
    EXPECT_FALSE(compressible(type)) << type;
  }
  for (const std::string_view type :
       {"", "text/html; charset=utf-8", "application/json", "image/svg+xml", "image/bmp",
        "image/vnd.microsoft.icon", "font/ttf", "application/wasm", "application/octet-stream",
        "application/zipped", "xvideo/mp4", "image", "application/unknown"}) {
    EXPECT_FALSE(compressed_by_itself(type)) << type;
  }
}

}  // namespace
}  // namespace sluice::http
