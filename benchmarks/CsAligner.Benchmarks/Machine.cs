using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using CsAligner.Tensors;

namespace CsAligner.Benchmarks;

/// <summary>What a result was measured on, and where results of this machine are kept.</summary>
internal static partial class Machine
{
    /// <summary>The processor's name, with family and model: cloud machines often give a name that many share.</summary>
    public static string Processor { get; } = ReadProcessor();

    /// <summary>docs/benchmarks/[processor] of the repository that the current folder belongs to; created when missing.</summary>
    public static string ResultsFolder()
    {
        DirectoryInfo? root = new(Directory.GetCurrentDirectory());
        while (root != null && !File.Exists(Path.Combine(root.FullName, "CsAligner.slnx"))) root = root.Parent;
        if (root == null)
            throw new InputException(
                "benchmarks: expected to run inside the repository (CsAligner.slnx above the current folder); change to it.");
        string slug = NotInSlug().Replace(Trademark().Replace(Processor, ""), "-").Trim('-').ToLowerInvariant();
        return Directory.CreateDirectory(Path.Combine(root.FullName, "docs", "benchmarks", slug)).FullName;
    }

    /// <summary>The lines that stand beside every table.</summary>
    public static IReadOnlyList<string> Describe() =>
    [
        $"Processor: {Processor}, {Environment.ProcessorCount} logical processors",
        $"System: {RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}",
        $"Runtime: {RuntimeInformation.FrameworkDescription}",
    ];

    private static string ReadProcessor()
    {
        if (!File.Exists("/proc/cpuinfo")) return $"{RuntimeInformation.ProcessArchitecture} processor";
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string line in File.ReadLines("/proc/cpuinfo"))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0) fields.TryAdd(line[..colon].Trim(), line[(colon + 1)..].Trim());
        }
        string name = fields.GetValueOrDefault("model name", $"{RuntimeInformation.ProcessArchitecture} processor");
        return fields.TryGetValue("cpu family", out string? family) && fields.TryGetValue("model", out string? model)
            ? $"{name} (family {family} model {model})"
            : name;
    }

    [GeneratedRegex(@"\((R|TM|tm|r)\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Trademark();

    [GeneratedRegex("[^A-Za-z0-9]+", RegexOptions.None, 1000)]
    private static partial Regex NotInSlug();
}
