namespace CsAligner.Fuzz.Targets;

/// <summary>All readers of files that come from elsewhere.</summary>
internal static class FuzzTargets
{
    public static IReadOnlyList<FuzzGroup> Groups { get; } =
    [
        new("npy", [NpyTargets.File, NpyTargets.Tokens]),
        new("safetensors",
            [SafeTensorsTargets.File, SafeTensorsTargets.Shards, SafeTensorsTargets.Adapter, SafeTensorsTargets.Lora]),
        new("configs", [.. ConfigTargets.All]),
        new("tokenizers", [TokenizerTargets.Clip, TokenizerTargets.HuggingFace, TokenizerTargets.Bert]),
        new("tar", [TarTargets.Package, TarTargets.Compressed]),
        new("onnx", [OnnxTargets.Images, OnnxTargets.Sentences, OnnxTargets.Clip]),
        new("datasets", [.. DatasetTargets.All]),
        new("pictures", [.. PictureTargets.All]),
    ];
}
