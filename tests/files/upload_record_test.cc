// What is kept of an upload that was interrupted.
#include "files/upload_record.h"

#include <gtest/gtest.h>

#include <string>

#include "files/upload_name.h"

namespace sluice {
namespace {

UploadRecord full_record() {
  UploadRecord record;
  record.path = "a b/c\nd e";
  record.condition = {.kind = UploadCondition::Kind::kSame,
                      .file = {.device = UINT64_MAX,
                               .inode = 17,
                               .size_bytes = 3,
                               .modified_seconds = -4,
                               .modified_nanoseconds = 999'999'999}};
  record.length = 12;
  record.outcome = {
      .created = true, .size_bytes = 12, .modified_seconds = 5, .modified_nanoseconds = 6};
  return record;
}

TEST(UploadRecordTest, IsReadAsItWasWritten) {
  const std::string text = write_record(full_record());
  const auto record = read_record(text);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->path, "a b/c\nd e");
  EXPECT_EQ(record->condition.kind, UploadCondition::Kind::kSame);
  EXPECT_EQ(record->condition.file, full_record().condition.file);
  EXPECT_EQ(record->length, 12U);
  ASSERT_TRUE(record->outcome);
  EXPECT_TRUE(record->outcome->created);
  EXPECT_EQ(record->outcome->modified_seconds, 5);
  EXPECT_EQ(write_record(*record), text);
}

TEST(UploadRecordTest, WhatIsNotKnownYetStaysSo) {
  UploadRecord written;
  written.path = "x";
  const auto record = read_record(write_record(written));
  ASSERT_TRUE(record);
  EXPECT_EQ(record->condition.kind, UploadCondition::Kind::kAny);
  EXPECT_FALSE(record->length);
  EXPECT_FALSE(record->outcome);
}

TEST(UploadRecordTest, OtherTextIsNone) {
  const std::string text = write_record(full_record());
  const size_t path = text.size() - full_record().path.size();
  for (size_t length = 0; length <= path; ++length) {
    EXPECT_FALSE(read_record(text.substr(0, length))) << length;
  }
  for (const char* const other : {"sluice-upload 2\nany 0 0 0 0 0 \nunknown \npending \nx",
                                  "sluice-upload 1\nsome 0 0 0 0 0 \nunknown \npending \nx",
                                  "sluice-upload 1\nany 0 0 0 0 x \nunknown \npending \nx",
                                  "sluice-upload 1\nany 0 0 0 0 0 1 \nunknown \npending \nx",
                                  "sluice-upload 1\nany 0 0 0 0 0 \nknown -1 \npending \nx",
                                  "sluice-upload 1\nany 0 0 0 0 0 \nunknown \ndone \nx"}) {
    EXPECT_FALSE(read_record(other)) << other;
  }
}

TEST(UploadNameTest, NamesOfUploadsAreKnownInAnyCase) {
  for (const char* const path :
       {".sluice-uploads", ".sluice-upload-1", "a/.SLUICE-uploads/b", "a/b/.Sluice-Upload"}) {
    EXPECT_TRUE(has_upload_name(path)) << path;
  }
  for (const char* const path : {"", "a", "sluice-uploads", "a.sluice-uploads", ".sluice",
                                 "a/x.sluice-upload/b", ".sluice_uploads"}) {
    EXPECT_FALSE(has_upload_name(path)) << path;
  }
}

TEST(UploadNameTest, TokensAreReadAsTheyAreMade) {
  const auto token = UploadToken::make();
  ASSERT_TRUE(token);
  EXPECT_EQ(UploadToken::parse(token->view()), token);
  EXPECT_NE(UploadToken::make(), token);
  const std::string text(token->view());
  EXPECT_FALSE(UploadToken::parse(text.substr(1)));
  EXPECT_FALSE(UploadToken::parse(text + "0"));
  EXPECT_FALSE(UploadToken::parse(text.substr(1) + "G"));
  EXPECT_FALSE(UploadToken::parse(text.substr(1) + "A"));
}

}  // namespace
}  // namespace sluice
