using System.Diagnostics;

namespace CsAligner.Benchmarks;

/// <summary>This program once more, in a process of its own.</summary>
internal sealed class SelfPeer(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    : Peer(Self(environment, arguments), "a process of its own", "run it by itself")
{
    public SelfPeer(params string[] arguments)
        : this(new Dictionary<string, string>(), arguments)
    {
    }

    private static ProcessStartInfo Self(IReadOnlyDictionary<string, string> environment, string[] arguments)
    {
        string program = Environment.ProcessPath!;
        var start = new ProcessStartInfo(program);
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
            start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "CsAligner.Benchmarks.dll"));
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        start.Environment["OPENBLAS_CORETYPE"] = PythonPeer.Kernels;
        foreach ((string name, string value) in environment) start.Environment[name] = value;
        return start;
    }
}
