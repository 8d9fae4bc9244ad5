using System.Diagnostics;

namespace CsAligner.Fuzz.Coverage;

/// <summary>A copy of this program whose readers tell what they cover, in a folder of its own.</summary>
internal sealed class InstrumentedCopy : IDisposable
{
    private static readonly string[] Readers =
        ["CsAligner.Tensors.dll", "CsAligner.dll", "CsAligner.Data.dll", "CsAligner.Onnx.dll", "CsAligner.Generation.dll",
            "CsAligner.Studies.dll"];

    // Most of it the runtime only sets aside.
    private const long MostAddressed = 20L << 30;

    private readonly string _folder = Directory.CreateTempSubdirectory("csalign-fuzz-copy-").FullName;

    public InstrumentedCopy()
    {
        foreach (string file in Directory.GetFiles(AppContext.BaseDirectory))
            File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
        foreach (string reader in Readers.Select(name => Path.Combine(_folder, name)).Where(File.Exists))
            Blocks += Instrumenter.Instrument(reader);
    }

    public int Blocks { get; }

    /// <summary>Runs it and waits.</summary>
    /// <returns>Its exit code.</returns>
    public int Run(IEnumerable<string> arguments)
    {
        string host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            program = Path.Combine(_folder, "CsAligner.Fuzz.dll");
        // A shell can limit its memory: what a native library takes, no managed limit knows of.
        var start = OperatingSystem.IsLinux()
            ? new ProcessStartInfo("sh", ["-c", $"ulimit -v {MostAddressed >> 10}; exec \"$@\"", "sh", host, program, .. arguments])
            : new ProcessStartInfo(host, [program, .. arguments]);
        using var process = Process.Start(start)!;
        process.WaitForExit();
        return process.ExitCode;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
