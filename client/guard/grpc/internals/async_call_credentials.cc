#include "client/guard/grpc/internals/async_call_credentials.h"

#include <optional>

#include "grpc/grpc.h"
#include "grpc/slice.h"
#include "grpc/support/alloc.h"
#include "grpc/support/string_util.h"
#include "lib/base/mutex.h"

namespace usher::guard {
namespace {

using Result = absl::StatusOr<CallHeaders>;

// Checks what gRPC would assert or refuse without a reason.
Result Checked(Result result) {
  if (result.ok() &&
      result->size() > GRPC_METADATA_CREDENTIALS_PLUGIN_SYNC_MAX) {
    return absl::InternalError("too many headers for one call");
  }
  return result;
}

grpc_slice SliceOf(const std::string& text) {
  return grpc_slice_from_copied_buffer(text.data(), text.size());
}

// Fills `entries`, whose slices the caller of this function frees.
size_t Fill(const CallHeaders& headers, grpc_metadata* entries) {
  for (size_t i = 0; i < headers.size(); ++i) {
    entries[i] = {};
    entries[i].key = SliceOf(headers[i].first);
    entries[i].value = SliceOf(headers[i].second);
  }
  return headers.size();
}

// One question of gRPC. Its answer must be returned if it comes before the
// function that asks has returned, and may go to the callback only after that.
class Question {
 public:
  Question(grpc_credentials_plugin_metadata_cb callback, void* user_data)
      : callback_(callback), user_data_(user_data) {}

  void Answer(Result result) {
    {
      base::MutexLock lock(mutex_);
      if (asking_) {
        early_ = Checked(std::move(result));
        return;
      }
    }
    Send(Checked(std::move(result)));
  }

  // To be called once, when the function that asks returns. Nothing: the
  // answer will go to the callback.
  std::optional<Result> EndAsking() {
    base::MutexLock lock(mutex_);
    asking_ = false;
    return std::exchange(early_, std::nullopt);
  }

 private:
  void Send(const Result& result) {
    if (!result.ok()) {
      const std::string why(result.status().message());
      return callback_(user_data_, nullptr, 0,
                       static_cast<grpc_status_code>(result.status().code()),
                       why.c_str());
    }
    grpc_metadata entries[GRPC_METADATA_CREDENTIALS_PLUGIN_SYNC_MAX];
    const size_t count = Fill(*result, entries);
    callback_(user_data_, entries, count, GRPC_STATUS_OK, nullptr);
    for (size_t i = 0; i < count; ++i) {
      grpc_slice_unref(entries[i].key);
      grpc_slice_unref(entries[i].value);
    }
  }

  const grpc_credentials_plugin_metadata_cb callback_;
  void* const user_data_;
  base::Mutex mutex_;
  bool asking_ ABSL_GUARDED_BY(mutex_) = true;
  std::optional<Result> early_ ABSL_GUARDED_BY(mutex_);
};

// Answers its question exactly once, at the latest when it is destroyed.
class Answerer {
 public:
  explicit Answerer(std::shared_ptr<Question> question)
      : question_(std::move(question)) {}
  Answerer(Answerer&& other) noexcept = default;
  ~Answerer() {
    if (question_ != nullptr) {
      question_->Answer(absl::InternalError("no headers for the call came"));
    }
  }
  void operator()(Result result) && {
    std::exchange(question_, nullptr)->Answer(std::move(result));
  }

 private:
  std::shared_ptr<Question> question_;
};

using SharedSource = std::shared_ptr<CallHeaderSource>;

// The functions of the plugin. They must not throw through C: when memory runs
// out the process ends, as in gRPC itself.
int GetMetadata(void* state, grpc_auth_metadata_context context,
                grpc_credentials_plugin_metadata_cb callback, void* user_data,
                grpc_metadata entries[], size_t* count,
                grpc_status_code* status, const char** error) noexcept {
  CallHeaderSource& source = **static_cast<SharedSource*>(state);
  const auto question = std::make_shared<Question>(callback, user_data);
  if (absl::Status refused = source.Check(); !refused.ok()) {
    question->Answer(std::move(refused));
  } else {
    source.Find({context.service_url, context.method_name}, Answerer(question));
  }
  const std::optional<Result> early = question->EndAsking();
  if (!early) return 0;
  *status = static_cast<grpc_status_code>(early->status().code());
  if (early->ok()) {
    *count = Fill(**early, entries);
  } else {
    *error = gpr_strdup(std::string(early->status().message()).c_str());
  }
  return 1;
}

char* DebugString(void* state) noexcept {
  return gpr_strdup((*static_cast<SharedSource*>(state))->Describe().c_str());
}

void Destroy(void* state) noexcept { delete static_cast<SharedSource*>(state); }

grpc_call_credentials* Create(SharedSource source, grpc_security_level level) {
  const grpc_metadata_credentials_plugin plugin = {
      GetMetadata, DebugString, Destroy, new SharedSource(std::move(source)),
      "usher.CallHeaderSource"};
  return grpc_metadata_credentials_create_from_plugin(plugin, level, nullptr);
}

}  // namespace

#if USHER_GRPC_VERSION >= 1063

AsyncCallCredentials::AsyncCallCredentials(SharedSource source,
                                           grpc_security_level level)
    // The base class initializes gRPC too late for its own argument.
    : AsyncCallCredentials(source, (grpc_init(), Create(source, level))) {}

AsyncCallCredentials::AsyncCallCredentials(SharedSource source,
                                           grpc_call_credentials* credentials)
    : grpc::CallCredentials(credentials), source_(std::move(source)) {
  grpc_shutdown();
}

AsyncCallCredentials::~AsyncCallCredentials() = default;

#else

AsyncCallCredentials::AsyncCallCredentials(SharedSource source,
                                           grpc_security_level level)
    : credentials_(Create(source, level)), source_(std::move(source)) {}

AsyncCallCredentials::~AsyncCallCredentials() {
  grpc_call_credentials_release(credentials_);
}

bool AsyncCallCredentials::ApplyToCall(grpc_call* call) {
  const absl::Status refused = source_->Check();
  if (refused.ok()) {
    return grpc_call_set_credentials(call, credentials_) == GRPC_CALL_OK;
  }
  // A plugin could not choose the code.
  grpc_call_cancel_with_status(call,
                               static_cast<grpc_status_code>(refused.code()),
                               std::string(refused.message()).c_str(), nullptr);
  return true;
}

#endif

}  // namespace usher::guard
