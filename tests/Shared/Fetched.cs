using System.Collections.Concurrent;

namespace CsAligner.Testing;

/// <summary>What tests fetch the first time: where it is neither here nor to be had, they skip and say why.</summary>
internal static class Fetched
{
    private static readonly string[] OutOfReach = ["no network", "npm client was not found", "dotnet client was not found"];

    // Each try without a network takes a client seconds: one is enough.
    private static readonly ConcurrentDictionary<string, string> Failures = new(StringComparer.Ordinal);

    /// <summary>Fetches it, or skips the test.</summary>
    /// <param name="name">What it is.</param>
    /// <param name="isHere">Whether it need not be fetched.</param>
    /// <param name="fetch">Fetches it.</param>
    public static async Task OrSkipAsync(string name, bool isHere, Func<CancellationToken, Task> fetch)
    {
        if (isHere) return;
        Assert.SkipWhen(Environment.GetEnvironmentVariable("CSALIGN_OFFLINE") == "1",
            $"{name} is not here and CSALIGN_OFFLINE=1 forbids fetching it");
        Assert.SkipWhen(Failures.TryGetValue(name, out string? reason), reason ?? "");
        try
        {
            await fetch(TestContext.Current.CancellationToken);
        }
        catch (Exception failure) when (OutOfReach.Any(sign => failure.Message.Contains(sign, StringComparison.Ordinal)))
        {
            Assert.Skip(Failures[name] = $"{name} is not here: {failure.Message}");
        }
    }
}
