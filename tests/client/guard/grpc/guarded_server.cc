#include "tests/client/guard/grpc/guarded_server.h"

#include <gtest/gtest.h>

#include <chrono>
#include <iterator>

#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/security/credentials.h"
#include "lib/base/text/strings.h"
#include "tests/support/certificate_authority.h"

namespace usher::testing {
namespace {

const CertificateAuthority& TheAuthority() {
  static const CertificateAuthority& authority = *new CertificateAuthority;
  return authority;
}

const Certificate& TheCertificate() {
  static const Certificate& certificate =
      *new Certificate(TheAuthority().Issue());
  return certificate;
}

std::shared_ptr<grpc::ServerCredentials> SslGate(Guard& guard) {
  grpc::SslServerCredentialsOptions options;
  options.pem_key_cert_pairs = {
      {TheCertificate().private_key, TheCertificate().chain}};
  return guard.SslCredentials(options);
}

// Newer versions of gRPC have other names for what 1.51 has.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
std::shared_ptr<grpc::ServerCredentials> TlsGate(Guard& guard) {
  using grpc::experimental::IdentityKeyCertPair;
  auto provider =
      std::make_shared<grpc::experimental::StaticDataCertificateProvider>(
          std::vector<IdentityKeyCertPair>{
              {TheCertificate().private_key, TheCertificate().chain}});
  grpc::experimental::TlsServerCredentialsOptions options(std::move(provider));
  options.watch_identity_key_cert_pairs();
  return guard.TlsCredentials(options);
}

#pragma GCC diagnostic pop

std::shared_ptr<grpc::ChannelCredentials> TrustingClient() {
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = TheAuthority().pem();
  return grpc::SslCredentials(options);
}

struct PortInfo {
  const char* name;
  std::shared_ptr<grpc::ServerCredentials> (*gate)(Guard&);
  std::shared_ptr<grpc::ChannelCredentials> (*client)();
};
const PortInfo kPortInfos[] = {
    {"Ssl", SslGate, TrustingClient},
    {"Tls", TlsGate, TrustingClient},
    {"local", [](Guard& g) { return g.LocalCredentials(LOCAL_TCP); },
     [] { return grpc::experimental::LocalCredentials(LOCAL_TCP); }},
    {"insecure", [](Guard& g) { return g.InsecureCredentials(); },
     [] { return grpc::InsecureChannelCredentials(); }},
};
static_assert(std::size(kPortInfos) == std::size(kPorts));
const PortInfo& InfoOf(Port port) {
  return kPortInfos[static_cast<size_t>(port)];
}

EchoRequest Request() {
  EchoRequest request;
  // Too long to be stored in the string object itself.
  request.set_text(std::string(100, 'x'));
  return request;
}

Outcome CallUnary(Echo::Stub& stub, grpc::ClientContext& context) {
  Outcome outcome;
  outcome.status = stub.Unary(&context, Request(), &outcome.reply);
  return outcome;
}
Outcome CallClientStream(Echo::Stub& stub, grpc::ClientContext& context) {
  Outcome outcome;
  const auto writer = stub.ClientStream(&context, &outcome.reply);
  for (int i = 0; i < 3 && writer->Write(Request()); ++i) {
  }
  writer->WritesDone();
  outcome.status = writer->Finish();
  return outcome;
}
Outcome CallServerStream(Echo::Stub& stub, grpc::ClientContext& context) {
  Outcome outcome;
  const auto reader = stub.ServerStream(&context, Request());
  while (reader->Read(&outcome.reply)) {
  }
  outcome.status = reader->Finish();
  return outcome;
}
Outcome CallBidi(Echo::Stub& stub, grpc::ClientContext& context) {
  Outcome outcome;
  const auto stream = stub.Bidi(&context);
  for (int i = 0; i < 3 && stream->Write(Request()); ++i) {
  }
  stream->WritesDone();
  while (stream->Read(&outcome.reply)) {
  }
  outcome.status = stream->Finish();
  return outcome;
}

struct KindInfo {
  const char* name;
  Outcome (*call)(Echo::Stub&, grpc::ClientContext&);
};
constexpr KindInfo kKindInfos[] = {{"unary", CallUnary},
                                   {"client-stream", CallClientStream},
                                   {"server-stream", CallServerStream},
                                   {"bidi", CallBidi}};
static_assert(std::size(kKindInfos) == std::size(kKinds));

}  // namespace

std::string NameOf(Port port) { return InfoOf(port).name; }
std::string NameOf(Kind kind) {
  return kKindInfos[static_cast<int>(kind)].name;
}

MethodPolicy EchoPolicy() {
  MethodPolicy policy;
  policy.Service("usher.testing.Echo", {});
  return policy;
}

GuardOptions OptionsFor(const std::string& usherd) {
  // A long deadline: the machine may be slow.
  return {.client = {.target = usherd,
                     .tls = std::nullopt,
                     .deadline = absl::Seconds(60)},
          .audiences = {"orders"},
          .policy = EchoPolicy()};
}

std::unique_ptr<Guard> MakeGuard(const std::string& usherd) {
  return *Guard::Create(OptionsFor(usherd));
}

std::unique_ptr<Guard> MakeScopedGuard(const std::string& usherd) {
  GuardOptions options = OptionsFor(usherd);
  options.policy =
      MethodPolicy().Service("usher.testing.Echo", {.scopes = {"orders.read"}});
  return *Guard::Create(std::move(options));
}

GuardedServer::GuardedServer(Guard& guard, Style style, Port port,
                             Refusals refusals)
    : port_(port), handlers_(MakeHandlers(style, counter_)) {
  grpc::ServerBuilder builder;
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  // Newer versions of gRPC cancel calls at random beyond 1 000 that wait for a
  // handler. 1.51 has no such bound.
  for (const char* name : {"grpc.server.max_pending_requests",
                           "grpc.server.max_pending_requests_hard_limit"}) {
    builder.AddChannelArgument(name, 100'000);
  }
  builder.AddListeningPort("127.0.0.1:0", InfoOf(port).gate(guard),
                           &port_number_);
  if (refusals == Refusals::kRich) {
    guarded_ = std::make_unique<GuardedService>(
        dynamic_cast<grpc::Service&>(*handlers_));
    builder.RegisterService(guarded_.get());
  } else {
    handlers_->Register(builder);
  }
  guard.Install(builder);
  server_ = builder.BuildAndStart();
  EXPECT_NE(server_, nullptr);
  handlers_->Start();
}

GuardedServer::~GuardedServer() {
  if (running_) Shutdown(std::chrono::milliseconds(0));
}

void GuardedServer::Shutdown(std::chrono::milliseconds grace) {
  running_ = false;
  server_->Shutdown(std::chrono::system_clock::now() + grace);
  handlers_->Stop();
}

std::string GuardedServer::address() const {
  return base::StrCat("127.0.0.1:", port_number_);
}

std::shared_ptr<grpc::Channel> GuardedServer::NewChannel() const {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(address(), InfoOf(port_).client(),
                                   arguments);
}

Outcome Call(Echo::Stub& stub, Kind kind, const Headers& headers) {
  grpc::ClientContext context;
  // Ends a call that hangs.
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::seconds(60));
  for (const auto& [key, value] : headers) context.AddMetadata(key, value);
  Outcome outcome = kKindInfos[static_cast<int>(kind)].call(stub, context);
  for (const auto& [key, value] : context.GetServerTrailingMetadata()) {
    outcome.trailers.emplace(std::string(key.data(), key.size()),
                             std::string(value.data(), value.size()));
  }
  return outcome;
}

grpc::Status CallPath(const std::shared_ptr<grpc::Channel>& channel,
                      const std::string& path,
                      const std::string& authorization) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::seconds(60));
  if (!authorization.empty()) {
    context.AddMetadata("authorization", authorization);
  }
  grpc::CompletionQueue queue;
  const auto call =
      stub.PrepareUnaryCall(&context, path, grpc::ByteBuffer(), &queue);
  call->StartCall();
  grpc::ByteBuffer reply;
  grpc::Status status;
  call->Finish(&reply, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  return status;
}

}  // namespace usher::testing
