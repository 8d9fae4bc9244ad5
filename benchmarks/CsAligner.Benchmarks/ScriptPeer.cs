using System.Diagnostics;
using System.Globalization;
using CsAligner.Tensors;

namespace CsAligner.Benchmarks;

/// <summary>A script that does the same work: it prints a line about itself, then, for each line on stdin, one line with what that took.</summary>
internal abstract class ScriptPeer : IDisposable
{
    private readonly Process _process;

    /// <param name="start">The interpreter and what it needs around it.</param>
    /// <param name="script">The script.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="cure">What to do where it does not start.</param>
    protected ScriptPeer(ProcessStartInfo start, string script, IReadOnlyList<string> arguments, string cure)
    {
        if (!File.Exists(script)) throw new InputException($"benchmarks: {script} is not here; run from the repository's root.");
        start.UseShellExecute = false;
        start.RedirectStandardInput = start.RedirectStandardOutput = true;
        start.ArgumentList.Add(script);
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        _process = Process.Start(start) ?? throw new InputException($"benchmarks: {start.FileName} did not start; {cure}.");
        About = _process.StandardOutput.ReadLine() ?? throw new InputException($"benchmarks: {script} did not start, its message stands above; {cure}.");
    }

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
