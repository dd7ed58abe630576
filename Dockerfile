# usherd, and the command line usher for its health check: nothing else, not
# even a shell.
#
#   docker build -t usher .
#   docker run --read-only --cap-drop ALL -p 9443:9443 \
#     -v "$PWD/usher.yaml:/etc/usher/usher.yaml:ro" usher
#
# Two builds from one commit and one Debian give the same image if the
# builder is given a timestamp: --timestamp (podman, buildah) or
# SOURCE_DATE_EPOCH (BuildKit).
ARG DEBIAN=bookworm-slim
FROM docker.io/library/debian:${DEBIAN} AS build

# Packages before sources: they rarely change. tools/packages.txt without what
# only tests and demonstrations need; a test compares the two.
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
      ca-certificates \
      cmake \
      g++ \
      libabsl-dev \
      libc-ares-dev \
      libcli11-dev \
      libcurl4-openssl-dev \
      libgrpc++-dev \
      libgrpc-dev \
      libmicrohttpd-dev \
      libprotobuf-dev \
      libre2-dev \
      libsimdjson-dev \
      libsqlite3-dev \
      libssl-dev \
      libyaml-cpp-dev \
      ninja-build \
      pkg-config \
      prometheus-cpp-dev \
      protobuf-compiler \
      protobuf-compiler-grpc \
 && rm -rf /var/lib/apt/lists/*

COPY . /src
WORKDIR /src
RUN cmake --preset release -DUSHER_TESTS=OFF \
 && cmake --build --preset release --target usherd usher \
 && server/install/image-root /image build/release/bin/usherd build/release/bin/usher

FROM scratch
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="usher" \
      org.opencontainers.image.description="Token verification for fleets of gRPC services" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /image /
# The user `usher` of /etc/passwd. A number, so that Kubernetes can see that it
# is not root.
USER 65532:65532
EXPOSE 9443 9464
STOPSIGNAL SIGTERM
# The admin listener is on the container's own loopback, unless the
# configuration says otherwise.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["/usr/bin/usher", "health", "--timeout", "2s"]
ENTRYPOINT ["/usr/bin/usherd"]
CMD ["--config", "/etc/usher/usher.yaml"]
