#include "cli/serve_command.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>

#include <sluice/server.h>

#include "cli/flag_errors.h"

namespace sluice::cli {

namespace {

// What the member of Options that a StartError names is called on the command line.
std::string flag_of(const std::string& option) {
  if (option.empty()) return "";
  if (option == "sites[0].root") return "DIR ";
  if (option.starts_with("sites[0].index")) return "--index ";
  return "--" + option + " ";
}

// A server is limited by descriptors before all else, and the soft limit is low for the sake of
// programs that use select(2).
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// Called on the threads that serve: a standard error that is full or gone must not hold them up, so
// the line is dropped then.
void write_log_line(std::string_view message) {
  pollfd standard_error{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
  if (poll(&standard_error, 1, 0) != 1 || (standard_error.revents & POLLOUT) == 0) return;
  const std::string line = fmt::format("sluice: {}\n", message);
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line.data(), line.size());
}

// A descriptor below 3 that is not open would become a socket, and then be written to.
void open_standard_descriptors() {
  int fd = open("/dev/null", O_RDWR);
  while (fd >= 0 && fd <= STDERR_FILENO) fd = dup(fd);
  if (fd > STDERR_FILENO) close(fd);
}

sigset_t stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  return signals;
}

}  // namespace

ServeCommand::ServeCommand(CLI::App& app)
    : command_(app.add_subcommand("serve", "Serve a directory over HTTP")) {
  command_->add_option("DIR", options_.sites[0].root, "The directory to serve")->capture_default_str();
  command_
      ->add_option(
          "--listen", options_.listen,
          "Where to listen: IPv4:PORT, [IPv6]:PORT or unix:/path; port 0 takes any that is "
          "free; may be given more than once")
      ->type_name("ADDR:PORT")
      ->expected(1)
      ->allow_extra_args(false)  // one value each: "[::1]:80" is no list
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->capture_default_str();
  command_
      ->add_option("--threads", options_.threads,
                   "Threads that serve (default: the processors this process may run on)")
      ->type_name("N")
      ->check(whole_number(1, 1024));
  command_
      ->add_option("--index", options_.sites[0].index,
                   "File that stands for its directory; may be given more than once")
      ->type_name("NAME")
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->capture_default_str();
  command_
      ->add_option("--drain-timeout", drain_timeout_seconds_,
                   "Seconds that responses in flight are given at the end")
      ->type_name("SECONDS")
      ->check(whole_number(0, 86'400))
      ->capture_default_str();
  command_->add_flag("--quiet", quiet_, "Print nothing but errors");
}

int ServeCommand::run() {
  open_standard_descriptors();
  raise_descriptor_limit();
  options_.log = write_log_line;

  // Blocked before any thread is there, so that only sigwait() below sees them.
  const sigset_t signals = stop_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  Server server(options_);
  try {
    server.start();
  } catch (const StartError& error) {
    fmt::print(stderr, "sluice: {}{}\n", flag_of(error.option()), error.what());
    return error.kind() == StartError::Kind::kUsage ? 2 : 1;
  }
  if (!quiet_) {
    for (const std::string& address : server.addresses()) {
      fmt::print("sluice {} serving {} on {}\n", version(), options_.sites[0].root, address);
    }
    std::fflush(stdout);
  }

  int received = 0;
  sigwait(&signals, &received);
  // The second one ends the process at once, as it would end any other.
  signal(SIGINT, SIG_DFL);
  signal(SIGTERM, SIG_DFL);
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  if (server.stop(drain_timeout_seconds_ * 1000)) return 0;
  fmt::print(stderr, "sluice: a disk does not answer; what waits for it is left behind\n");
  _exit(0);
}

}  // namespace sluice::cli
