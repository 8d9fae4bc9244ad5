using System.Diagnostics;
using System.Globalization;
using CsAligner.Tensors;

namespace CsAligner.Benchmarks;

/// <summary>
/// This program once more, in a process of its own: it says in one line what it is, and then answers each line with a line of
/// numbers, like <see cref="PythonPeer"/>.
/// </summary>
internal sealed class SelfPeer : IDisposable
{
    private readonly Process _process;

    public SelfPeer(params string[] arguments)
        : this(new Dictionary<string, string>(), arguments)
    {
    }

    public SelfPeer(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        string program = Environment.ProcessPath!;
        var start = new ProcessStartInfo(program) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(program) == "dotnet") start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "CsAligner.Benchmarks.dll"));
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        start.Environment["OPENBLAS_CORETYPE"] = PythonPeer.Kernels;
        foreach ((string name, string value) in environment) start.Environment[name] = value;
        _process = Process.Start(start)!;
        Description = _process.StandardOutput.ReadLine() ?? throw new InputException("benchmarks: a process of its own ended before its time; its message stands above.");
    }

    public string Description { get; }

    /// <summary>Sends a line and reads the numbers of the answer.</summary>
    public double[] Ask(string line)
    {
        _process.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();
        string answer = _process.StandardOutput.ReadLine() ?? throw new InputException($"benchmarks: {Description} ended before its time; its message stands above.");
        return [.. answer.Split(' ').Select(number => double.Parse(number, CultureInfo.InvariantCulture))];
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
