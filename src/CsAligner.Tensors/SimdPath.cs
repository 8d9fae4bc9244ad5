namespace CsAligner.Tensors;

/// <summary>The instruction sets that kernels are written for, from the most widely available to the fastest.</summary>
internal enum SimdPath
{
    /// <summary>128-bit vectors, which every platform has (SSE, NEON, WebAssembly) or .NET emulates.</summary>
    Portable,

    /// <summary>256-bit vectors with fused multiply-add: x64 since 2013.</summary>
    Avx2,

    /// <summary>512-bit vectors with 32 registers: twice the width and twice the registers of AVX2.</summary>
    Avx512,
}
