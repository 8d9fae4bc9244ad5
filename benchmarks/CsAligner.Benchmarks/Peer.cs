using System.Diagnostics;
using System.Globalization;
using CsAligner.Tensors;

namespace CsAligner.Benchmarks;

/// <summary>A process that does the same work: it prints a line about itself, then, for each line on stdin,
/// one line with what that took.</summary>
internal abstract class Peer : IDisposable
{
    private readonly Process _process;

    /// <param name="start">What is started.</param>
    /// <param name="name">What it is called in errors.</param>
    /// <param name="cure">What to do where it does not start.</param>
    protected Peer(ProcessStartInfo start, string name, string cure)
    {
        start.UseShellExecute = false;
        start.RedirectStandardInput = start.RedirectStandardOutput = true;
        _process = Process.Start(start) ?? throw new InputException($"benchmarks: {start.FileName} did not start; {cure}.");
        About = _process.StandardOutput.ReadLine()
            ?? throw new InputException($"benchmarks: {name} did not start, its message stands above; {cure}.");
    }

    /// <summary>Names and versions.</summary>
    public string About { get; }

    /// <summary>Sends a line and reads the numbers of the answer.</summary>
    public double[] Ask(string line)
    {
        _process.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();
        string answer = _process.StandardOutput.ReadLine()
            ?? throw new InputException($"benchmarks: {About} ended before its time; its message stands above.");
        return [.. answer.Split(' ').Select(number => double.Parse(number, CultureInfo.InvariantCulture))];
    }

    public void Dispose()
    {
        // The end of its input ends it.
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }

    /// <summary>An interpreter with a script.</summary>
    protected static ProcessStartInfo Script(ProcessStartInfo interpreter, string script, IReadOnlyList<string> arguments)
    {
        if (!File.Exists(script)) throw new InputException($"benchmarks: {script} is not here; run from the repository's root.");
        interpreter.ArgumentList.Add(script);
        foreach (string argument in arguments) interpreter.ArgumentList.Add(argument);
        return interpreter;
    }
}
