namespace CsAligner.Onnx.Tests;

/// <summary>Where the models of these tests lie.</summary>
internal static class OnnxNeeds
{
    public static string Golden => Path.Combine(AppContext.BaseDirectory, "Golden");
}
