using System.Diagnostics;
using System.Globalization;
using CsAligner.Tensors;

namespace CsAligner.Benchmarks;

/// <summary>A program that says in one line what it is, and then answers each line with a line of numbers.</summary>
internal sealed class PeerProcess : IDisposable
{
    private readonly Process _process;

    private PeerProcess(Process process, string description) => (_process, Description) = (process, description);

    public string Description { get; }

    public static PeerProcess Start(string program, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (string argument in arguments) start.ArgumentList.Add(argument);

        // OpenBLAS takes some young processors for old ones, and would lose half its speed to that.
        start.Environment["OPENBLAS_CORETYPE"] = Compute.Simd == "avx512" ? "SKYLAKEX" : "HASWELL";
        var process = Process.Start(start) ?? throw new InputException($"benchmarks: {program} did not start; benchmarks/setup-peers.sh installs what is needed.");
        string description = process.StandardOutput.ReadLine()
            ?? throw new InputException($"benchmarks: {program} ended before its time, its message stands above; benchmarks/setup-peers.sh installs what is needed.");
        return new PeerProcess(process, description);
    }

    /// <summary>This program as its own peer, with other arguments.</summary>
    public static PeerProcess StartSelf(params IEnumerable<string> arguments)
    {
        string program = Environment.ProcessPath!;
        return Path.GetFileNameWithoutExtension(program) == "dotnet"
            ? Start(program, [Path.Combine(AppContext.BaseDirectory, "CsAligner.Benchmarks.dll"), .. arguments])
            : Start(program, arguments);
    }

    public double[] Ask(string line)
    {
        _process.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();
        string answer = _process.StandardOutput.ReadLine() ?? throw new InputException($"benchmarks: {Description} ended before its time; its message stands above.");
        return [.. answer.Split(' ').Select(n => double.Parse(n, CultureInfo.InvariantCulture))];
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
