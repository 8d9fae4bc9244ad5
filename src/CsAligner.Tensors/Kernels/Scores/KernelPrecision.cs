namespace CsAligner.Tensors.Kernels.Scores;

/// <summary>How kernel values are computed: <see cref="KernelRange"/> chooses, once a call.</summary>
internal enum KernelPrecision
{
    /// <summary>Float32 scores, float64 sums.</summary>
    Single,

    /// <summary>Float64 distances: a small bandwidth, or rows that float32 has no squares of.</summary>
    Double,

    /// <summary>All kernel values are nearly 1, so that sums of them lose what tells two sets apart: a series around 1,
    /// in float64.</summary>
    Wide,
}
