namespace CsAligner.Onnx;

/// <summary>The device that computes a model.</summary>
public enum OnnxProvider
{
    /// <summary>The processor.</summary>
    Cpu,

    /// <summary>An NVIDIA GPU; it takes the package Microsoft.ML.OnnxRuntime.Gpu instead of Microsoft.ML.OnnxRuntime.</summary>
    Cuda,
}
