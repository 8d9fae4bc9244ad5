namespace CsAligner.Onnx.Tests;

/// <summary>What the tests run on: ONNX Runtime, from wherever it is found; fetched where it is not.</summary>
internal static class OnnxNeeds
{
    public static string Golden => Path.Combine(AppContext.BaseDirectory, "Golden");

    public static async Task RuntimeAsync()
    {
        Assert.SkipWhen(!OnnxRuntimeLibrary.IsInstalled && OnnxRuntimeLibrary.Package is null, "there is no package of ONNX Runtime for this system");
        Assert.SkipWhen(!OnnxRuntimeLibrary.IsInstalled && Environment.GetEnvironmentVariable("CSALIGN_OFFLINE") == "1", "ONNX Runtime is not in the cache and CSALIGN_OFFLINE=1 forbids fetching it");
        await OnnxRuntimeLibrary.EnsureAsync(null, TestContext.Current.CancellationToken);
    }

    /// <summary>Copies a folder's files, those below it too.</summary>
    public static void Copy(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target, overwrite: true);
        }
    }
}
