using CsAligner.Testing;

namespace CsAligner.Onnx.Tests;

/// <summary>What the tests run on: ONNX Runtime, from wherever it is found; fetched where it is not.</summary>
internal static class OnnxNeeds
{
    public static string Golden => Path.Combine(AppContext.BaseDirectory, "Golden");

    public static Task RuntimeAsync()
    {
        Assert.SkipWhen(!OnnxRuntimeLibrary.IsInstalled && OnnxRuntimeLibrary.Package is null, "there is no package of ONNX Runtime for this system");
        return Fetched.OrSkipAsync("ONNX Runtime", OnnxRuntimeLibrary.IsInstalled, token => OnnxRuntimeLibrary.EnsureAsync(null, token));
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
