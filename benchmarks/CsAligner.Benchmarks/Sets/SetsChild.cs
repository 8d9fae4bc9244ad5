using System.Globalization;
using CsAligner.Data.Datasets;

namespace CsAligner.Benchmarks.Sets;

/// <summary>A pass in a process of its own, whose memory is its own: answers each line "FORM tab NAME" with its numbers and the
/// peak.</summary>
internal static class SetsChild
{
    public static int Run(string[] arguments)
    {
        _ = arguments;
        // What the runtime itself takes is there before the data set is.
        Console.WriteLine("a pass");
        while (Console.ReadLine() is { } line)
        {
            string[] words = line.Split('\t');
            var form = SetForm.All.First(f => f.Name == words[0]);
            var pass = SetPass.Run(words[1], form.Load);
            Console.WriteLine(
                string.Create(CultureInfo.InvariantCulture,
                    $"{pass.Samples} {pass.OpenSeconds:R} {pass.PassSeconds:R} {pass.ResumeSeconds:R} {pass.HeldBytes} {ResidentPeak()}"));
        }

        return 0;
    }

    /// <summary>The highest resident memory of this process' whole life; 0 where the system does not say.</summary>
    private static long ResidentPeak()
    {
        const string Status = "/proc/self/status", Field = "VmHWM:";
        if (!File.Exists(Status)) return 0;
        string line = File.ReadLines(Status).First(l => l.StartsWith(Field, StringComparison.Ordinal));
        return 1024 * long.Parse(line[Field.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
    }
}
