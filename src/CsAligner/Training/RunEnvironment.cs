using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;
using CsAligner.Tensors;

namespace CsAligner.Training;

/// <summary>The environment of a run besides its options: versions and hardware, for run.json and results.json.</summary>
public static class RunEnvironment
{
    /// <summary>The version of CsAligner, with the commit where it is known.</summary>
    public static string Version { get; } =
        typeof(RunEnvironment).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>The most memory that this process has held, in bytes.</summary>
    public static long PeakBytes
    {
        get
        {
            using var process = Process.GetCurrentProcess();
            return process.PeakWorkingSet64;
        }
    }

    /// <summary>Writes the objects <c>versions</c> and <c>hardware</c> into an object that the caller has begun.</summary>
    public static void WriteProperties(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject("versions");
        writer.WriteString("csaligner", Version);
        writer.WriteString("runtime", RuntimeInformation.FrameworkDescription);
        writer.WriteString("os", RuntimeInformation.OSDescription);
        writer.WriteEndObject();
        writer.WriteStartObject("hardware");
        writer.WriteString("cpu", ProcessorName());
        writer.WriteString("architecture", RuntimeInformation.ProcessArchitecture.ToString());
        writer.WriteNumber("processors", Environment.ProcessorCount);
        writer.WriteNumber("threads", Compute.Threads);
        writer.WriteString("simd", Compute.Simd);
        writer.WriteNumber("memory_bytes", GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        writer.WriteEndObject();
    }

    private static string ProcessorName()
    {
        try
        {
            if (OperatingSystem.IsLinux())
            {
                string? line = File.ReadLines("/proc/cpuinfo")
                    .FirstOrDefault(text => text.StartsWith("model name", StringComparison.Ordinal));
                if (line is not null)
                    return line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // A sandbox may hide it; the architecture is reported beside it.
        }

        return Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? "unknown";
    }
}
