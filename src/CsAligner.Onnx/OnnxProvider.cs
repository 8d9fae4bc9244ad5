namespace CsAligner.Onnx;

/// <summary>What computes a model.</summary>
public enum OnnxProvider
{
    /// <summary>The processor.</summary>
    Cpu,

    /// <summary>An NVIDIA GPU; it takes a build of ONNX Runtime for CUDA, which npm's is not.</summary>
    Cuda,
}
