using System.Diagnostics;
using System.Globalization;
using CsAligner.Tensors;

namespace CsAligner.Benchmarks;

/// <summary>
/// A script of the system's Python that does the same work: it prints a line about itself, then, for each line on stdin,
/// one line with what that took. OpenBLAS is told which kernels to use, for it takes some young processors for old ones.
/// </summary>
internal sealed class PythonPeer : IDisposable
{
    private readonly Process _process;

    public PythonPeer(string script, string package, params string[] arguments)
    {
        if (!File.Exists(script)) throw new InputException($"benchmarks: {script} is not here; run from the repository's root.");
        var start = new ProcessStartInfo("/usr/bin/python3") { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true };
        start.ArgumentList.Add(script);
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        start.Environment["OPENBLAS_CORETYPE"] = Kernels;
        start.Environment["OPENBLAS_NUM_THREADS"] = start.Environment["OMP_NUM_THREADS"] = Compute.Threads.ToString(CultureInfo.InvariantCulture);
        _process = Process.Start(start) ?? throw new InputException("benchmarks: /usr/bin/python3 did not start; benchmarks/setup-peers.sh installs what is needed.");
        About = _process.StandardOutput.ReadLine() ?? throw new InputException($"benchmarks: {script} did not start, its message stands above; benchmarks/setup-peers.sh installs what it needs (Debian package {package}).");
    }

    /// <summary>The value of OPENBLAS_CORETYPE that fits our SIMD path.</summary>
    public static string Kernels => Compute.Simd == "avx512" ? "SKYLAKEX" : "HASWELL";

    /// <summary>Names and versions.</summary>
    public string About { get; }

    /// <summary>Sends a line and reads the numbers of the answer.</summary>
    public double[] Ask(string line)
    {
        _process.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();
        string answer = _process.StandardOutput.ReadLine() ?? throw new InputException("benchmarks: the peer ended before its time; its message stands above.");
        return [.. answer.Split(' ').Select(number => double.Parse(number, CultureInfo.InvariantCulture))];
    }

    public void Dispose()
    {
        // The end of its input ends it.
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
