// The record of an upload, as a file in the directory of uploads. All of this blocks: for workers.
#pragma once

#include <string>

#include <sluice/site.h>

#include "files/upload_error.h"
#include "files/upload_name.h"
#include "files/upload_record.h"

namespace sluice {

// What an upload that may be gone on with consists of has names that begin with its token: the data
// has the token as its name, and the record this one behind it.
inline constexpr char kUploadRecordSuffix[] = ".record";

std::string upload_data_name(const UploadToken& token);
std::string upload_record_name(const UploadToken& token);

// kNotFound for none, and for one that cannot be understood.
UploadResult<UploadRecord> load_record(int staging, const UploadToken& token) noexcept;

// Whoever reads it at any time finds what was there before, or this whole. It is on the disk
// afterwards unless `sync` is kNone.
UploadResult<void> save_record(int staging, const UploadToken& token, const UploadRecord& record,
                               UploadSync sync) noexcept;

}  // namespace sluice
