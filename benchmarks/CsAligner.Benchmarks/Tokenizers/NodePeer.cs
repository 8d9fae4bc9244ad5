using System.Diagnostics;
using System.Globalization;
using CsAligner.Tensors;

namespace CsAligner.Benchmarks.Tokenizers;

/// <summary>A script of Node that does the same work: as <see cref="PythonPeer"/>.</summary>
internal sealed class NodePeer : IDisposable
{
    private readonly Process _process;

    public NodePeer(string script, params IReadOnlyList<string> arguments)
    {
        if (!File.Exists(script)) throw new InputException($"benchmarks: {script} is not here; run from the repository's root.");
        var start = new ProcessStartInfo("node") { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true };
        start.ArgumentList.Add(script);
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        _process = Process.Start(start) ?? throw new InputException("benchmarks: node did not start; install Node.");
        About = _process.StandardOutput.ReadLine() ?? throw new InputException($"benchmarks: {script} did not start; its message stands above.");
    }

    public string About { get; }

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
