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
}
