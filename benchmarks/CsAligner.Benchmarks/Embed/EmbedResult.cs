namespace CsAligner.Benchmarks.Embed;

/// <summary>Medians in images per second; ratios are the medians of the rounds' ratios, above 1 where ours is faster.</summary>
/// <param name="Case">What was embedded.</param>
/// <param name="Ours">Ours.</param>
/// <param name="Standard">ONNX Runtime on the graph of ONNX's own operators.</param>
/// <param name="Fused">ONNX Runtime on the graph of its fused operators.</param>
/// <param name="PyTorch">PyTorch eager.</param>
/// <param name="OnnxRatio">Ours against the better of ONNX Runtime's two in each round.</param>
/// <param name="PyTorchRatio">Ours against PyTorch.</param>
/// <param name="Difference">The largest difference of a feature between ours and a peer's, as a share of the largest feature.</param>
/// <param name="Cosine">The smallest cosine between a row of ours and a peer's.</param>
internal sealed record EmbedResult(
    EmbedCase Case, double Ours, double Standard, double Fused, double PyTorch, double OnnxRatio, double PyTorchRatio, double Difference,
    double Cosine);
