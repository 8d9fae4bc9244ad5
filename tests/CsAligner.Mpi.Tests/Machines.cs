using System.Diagnostics;
using CsAligner.Testing;

namespace CsAligner.Mpi.Tests;

/// <summary>Three "machines": network namespaces with host names and addresses of their own, on one bridge.</summary>
internal sealed class Machines : IDisposable
{
    private const int Count = 3;

    // Names of namespaces and links are the system's: those of two test runs must differ, in 15 letters.
    private readonly string _name = $"cs{Environment.ProcessId % 1_000_000}";
    private readonly int _subnet = 1 + (Environment.ProcessId % 250);
    private readonly string _agent;

    private Machines(TemporaryFolder folder)
    {
        // What ssh would do: HOST COMMAND, in the namespace of the host.
        _agent = folder.Write("agent.sh", System.Text.Encoding.ASCII.GetBytes($"""
            #!/bin/sh
            [ "$1" = "-x" ] && shift
            n=$(echo "$1" | sed 's/.*\.//')
            shift
            exec ip netns exec {_name}-$n unshare -u sh -c "hostname {_name}-$n; $*"

            """));
        if (OperatingSystem.IsWindows()) return;
        File.SetUnixFileMode(_agent, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private string Bridge => $"{_name}br";

    private string Network => $"10.93.{_subnet}";

    private string Hosts => string.Join(',', Enumerable.Range(1, Count).Select(Address));

    /// <summary>Makes them; skips the test where that is not permitted.</summary>
    /// <param name="folder">For what they need.</param>
    /// <param name="far">Whether every packet takes 4 ms, and one of 200 is lost.</param>
    public static Machines Make(TemporaryFolder folder, bool far)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "network namespaces are Linux's");
        var machines = new Machines(folder);
        if (machines.TrySetUp(out string failure))
        {
            if (!far || machines.TrySlow(out failure)) return machines;
            machines.Dispose();
            Assert.Skip($"the kernel has no netem, so delay and loss cannot be set: {failure}");
        }

        machines.Dispose();
        Assert.Skip($"network namespaces cannot be made here: {failure}");
        return machines;
    }

    /// <summary>Runs a command as three ranks, one a machine.</summary>
    public MpiRun Run(string launcher, string[] command)
    {
        MpiRun.Require(launcher);
        string[] arguments = launcher.EndsWith("openmpi", StringComparison.Ordinal)
            ?
            [
                "--mca", "plm_rsh_agent", _agent, "--mca", "pml", "ob1", "--mca", "btl", "tcp,self", "--mca", "btl_tcp_if_include",
                $"{Network}.0/24", "--mca", "oob_tcp_if_include", $"{Network}.0/24", "-x", "CSALIGN_THREADS", "--host", Hosts,
            ]
            :
            [
                "-launcher", "ssh", "-launcher-exec", _agent, "-iface", "eth0", "-genv", "UCX_TLS", "tcp,self", "-genv",
                "UCX_NET_DEVICES", "eth0", "-hosts", Hosts,
            ];
        string line = string.Join(' ', (string[])[launcher, .. arguments, "-n", $"{Count}", .. command]);
        return MpiRun.Of("ip", ["netns", "exec", $"{_name}-1", "unshare", "-u", "sh", "-c", $"hostname {_name}-1; exec {line}"], Count);
    }

    /// <summary>Bytes that a machine has received.</summary>
    public long Received(int machine) =>
        long.Parse(Try("ip", $"netns exec {_name}-{machine} cat /sys/class/net/eth0/statistics/rx_bytes").Output.Trim(),
            System.Globalization.CultureInfo.InvariantCulture);

    public void Dispose()
    {
        for (int n = 1; n <= Count; n++) Try("ip", $"netns del {_name}-{n}");
        Try("ip", $"link del {Bridge}");
    }

    private string Address(int machine) => $"{Network}.{machine}";

    private bool TrySetUp(out string failure)
    {
        var lines = new List<string> { $"link add {Bridge} type bridge", $"link set {Bridge} up" };
        for (int n = 1; n <= Count; n++)
        {
            string machine = $"{_name}-{n}", port = $"{_name}p{n}", inside = $"-n {machine}";
            lines.AddRange(
            [
                $"netns add {machine}", $"link add {port} type veth peer name eth0 netns {machine}", $"link set {port} master {Bridge} up",
                $"{inside} addr add {Address(n)}/24 dev eth0", $"{inside} link set eth0 up", $"{inside} link set lo up",
            ]);
        }

        return TryAll("ip", lines, out failure);
    }

    private bool TrySlow(out string failure) => TryAll(
        "ip", Enumerable.Range(1, Count).Select(n => $"netns exec {_name}-{n} tc qdisc add dev eth0 root netem delay 4ms loss 0.5%"),
        out failure);

    private static bool TryAll(string program, IEnumerable<string> lines, out string failure)
    {
        foreach (string line in lines)
        {
            var (code, _, error) = Try(program, line);
            failure = $"{program} {line}: {error.Trim()}";
            if (code != 0) return false;
        }

        failure = "";
        return true;
    }

    private static (int ExitCode, string Output, string Error) Try(string program, string line)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, line.Split(' '))
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            string output = process.StandardOutput.ReadToEnd(), error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output, error);
        }
        catch (System.ComponentModel.Win32Exception failure)
        {
            return (-1, "", failure.Message);
        }
    }
}
