using System.Diagnostics;
using CsAligner.Tensors;

namespace CsAligner.Fuzz;

/// <summary>Something that a reader did and must not do.</summary>
/// <param name="Input">What it was given.</param>
/// <param name="Kind">What went wrong and where, the same for all inputs that show the same bug.</param>
/// <param name="Details">For people.</param>
internal sealed record Finding(FuzzInput Input, string Kind, string Details)
{
    private const int LongestMessage = 2000;

    /// <summary>An exception that no reader may throw.</summary>
    public static Finding Of(FuzzInput input, Exception failure)
    {
        var frames = new StackTrace(failure).GetFrames()
            .Select(frame => frame.GetMethod())
            .Where(method => method?.DeclaringType?.FullName?.StartsWith("CsAligner", StringComparison.Ordinal) == true)
            .Take(3)
            .Select(method => $"{method!.DeclaringType!.Name}.{method.Name}");
        return new Finding(input, $"{failure.GetType().Name} in {string.Join(" < ", frames)}", failure.ToString());
    }

    /// <summary>What is wrong with the message of a failure; null when nothing is.</summary>
    public static Finding? OfMessage(FuzzInput input, InputException failure, string folder)
    {
        string message = failure.Message;
        string? wrong = message.Length > LongestMessage ? "has more than " + LongestMessage + " characters"
            : message.Any(char.IsControl) ? "holds control characters"
            : string.IsNullOrWhiteSpace(message) ? "is empty"
            : input.Target.NamesFile && !message.Contains(folder, StringComparison.Ordinal)
                && !input.Target.Files.Any(file => message.Contains(Path.GetFileNameWithoutExtension(file), StringComparison.Ordinal))
                ? "names no file"
            : null;
        return wrong is null
            ? null
            : Of(input, failure) with
            {
                Kind = $"message {wrong}: {Of(input, failure).Kind}",
                Details = message[..Math.Min(message.Length, LongestMessage)]
            };
    }

    /// <summary>A reader that ended its process: 128 and the number of a signal, mostly.</summary>
    public static Finding OfEnd(FuzzInput input, int code) =>
        new(input, $"process ended with {code} in {input.Target.Name}", "Nothing more is known: --replay shows it.");

    /// <summary>A reader that took too much time or memory.</summary>
    public static Finding OfCost(FuzzInput input, string what, string details) => new(input, $"{what} in {input.Target.Name}", details);
}
