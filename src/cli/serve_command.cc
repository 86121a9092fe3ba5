#include "cli/serve_command.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include <sluice/server.h>

#include "cli/config_file.h"
#include "cli/stats_json.h"

namespace sluice::cli {

namespace {

// A server is limited by descriptors before all else, and the soft limit is low for the sake of
// programs that use select(2).
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// A standard error that is full or gone must not hold up the threads that serve, nor that which
// waits for signals, so the line is dropped then.
void write_line(const std::string& line) {
  pollfd standard_error{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
  if (poll(&standard_error, 1, 0) != 1 || (standard_error.revents & POLLOUT) == 0) return;
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line.data(), line.size());
}

void write_log_line(std::string_view message) { write_line(fmt::format("sluice: {}\n", message)); }

void write_stats(const Server& server) { write_line(to_json(server.stats()) + "\n"); }

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

// Returns when the server is to end; until then SIGUSR1 asks what it has counted.
void await_stop(const Server& server, sigset_t signals) {
  sigaddset(&signals, SIGUSR1);
  int received = 0;
  while (sigwait(&signals, &received) == 0 && received == SIGUSR1) write_stats(server);
}

// Prints the problems that flags are to blame for and takes them out. True if there are any.
bool take_flag_problems(const ServeFlags& flags, std::vector<OptionProblem>& problems) {
  return std::erase_if(problems, [&](const OptionProblem& problem) {
           const std::string_view flag = flags.flag_of(problem.option);
           if (!flag.empty()) fmt::print(stderr, "sluice: {} {}\n", flag, problem.message);
           return !flag.empty();
         }) != 0;
}

// What the configuration file asks for, with the flags that go before it. Nothing when there are
// mistakes, which have been printed.
std::optional<ConfigResult> load(const ServeFlags& flags) {
  auto config = load_config(flags.config_path());
  if (!config) {
    fmt::print(stderr, "sluice: --config {}\n", config.error());
    return std::nullopt;
  }
  flags.override(config->options);
  bool right = true;
  if (config->parsed) {
    std::vector<OptionProblem> problems = find_problems(config->options);
    right = !take_flag_problems(flags, problems);
    add_problems(problems, *config);
  }
  for (const Mistake& mistake : config->mistakes) {
    fmt::print(stderr, "{}\n", line_of(*config, mistake));
  }
  if (!right || !config->mistakes.empty()) return std::nullopt;
  return std::move(*config);
}

// Where the operator said what cannot be had, and why it cannot.
std::string describe(const StartError& error, const ServeFlags& flags,
                     const std::optional<ConfigResult>& config) {
  if (error.option().empty()) return fmt::format("sluice: {}", error.what());
  const std::string_view flag = flags.flag_of(error.option());
  if (flag.empty() && config) {
    return line_of(*config, locate(*config, {error.option(), error.what()}));
  }
  return fmt::format("sluice: {} {}", flag.empty() ? error.option() : flag, error.what());
}

void print_ready_lines(const Server& server, const std::vector<Site>& sites) {
  const std::string what =
      sites.size() == 1 ? sites[0].root : fmt::format("{} sites", sites.size());
  for (const std::string& address : server.addresses()) {
    fmt::print("sluice {} serving {} on {}\n", version(), what, address);
  }
  std::fflush(stdout);
}

}  // namespace

ServeCommand::ServeCommand(CLI::App& app)
    : command_(app.add_subcommand("serve", "Serve a directory, or many, over HTTP")),
      flags_(*command_) {}

int ServeCommand::run() const {
  open_standard_descriptors();
  std::optional<ConfigResult> config;
  if (flags_.has_config()) {
    config = load(flags_);
    if (!config) return 2;
  }
  raise_descriptor_limit();
  Options options = config ? config->options : flags_.options();
  options.log = write_log_line;

  // Blocked before any thread is there, so that only sigwait() sees them.
  const sigset_t signals = stop_signals();
  sigset_t blocked = signals;
  sigaddset(&blocked, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &blocked, nullptr);

  Server server(options);
  try {
    server.start();
  } catch (const StartError& error) {
    fmt::print(stderr, "{}\n", describe(error, flags_, config));
    return error.kind() == StartError::Kind::kUsage ? 2 : 1;
  }
  if (!flags_.quiet()) print_ready_lines(server, options.sites);
  const uint64_t drain_timeout_seconds = flags_.drain_timeout_seconds(
      config ? config->drain_timeout_seconds : std::optional<uint64_t>());

  await_stop(server, signals);
  // The second one ends the process at once, as it would end any other.
  signal(SIGINT, SIG_DFL);
  signal(SIGTERM, SIG_DFL);
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  const bool stopped = server.stop(drain_timeout_seconds * 1000);
  if (flags_.stats()) write_stats(server);
  if (stopped) return 0;
  fmt::print(stderr, "sluice: a disk does not answer; what waits for it is left behind\n");
  _exit(0);
}

}  // namespace sluice::cli
