// Proof that ThreadSanitizer would see it if base/snapshot.h freed too early:
// the same cell without its epochs, read while it is replaced. Never run by
// hand; the test passes when the sanitizer reports.
#include <atomic>
#include <memory>
#include <thread>

namespace {

template <typename T>
class HastySnapshot {
 public:
  explicit HastySnapshot(std::unique_ptr<const T> first)
      : cell_(first.release()) {}
  ~HastySnapshot() { delete cell_.load(); }

  const T* Read() const { return cell_.load(std::memory_order_seq_cst); }
  void Publish(std::unique_ptr<const T> next) {
    delete cell_.exchange(next.release(), std::memory_order_seq_cst);
  }

 private:
  std::atomic<const T*> cell_;
};

void Await(const std::atomic<bool>& flag) {
  while (!flag.load(std::memory_order_relaxed)) std::this_thread::yield();
}

}  // namespace

int main() {
  HastySnapshot<int> snapshot(std::make_unique<const int>(1));
  // Relaxed: they order the threads in time without telling the sanitizer that
  // one happens before the other.
  std::atomic<bool> holds{false};
  std::atomic<bool> freed{false};
  std::atomic<int> seen{0};
  std::thread reader([&] {
    const int* value = snapshot.Read();
    holds.store(true, std::memory_order_relaxed);
    Await(freed);
    seen.store(*value, std::memory_order_relaxed);
  });
  Await(holds);
  snapshot.Publish(std::make_unique<const int>(2));
  freed.store(true, std::memory_order_relaxed);
  reader.join();
  return 0;
}
