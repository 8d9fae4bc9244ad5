using System.Numerics.Tensors;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Arrays;

/// <summary>Moves rows and blocks about: gather, scatter, strided copies, patches.</summary>
internal static unsafe class Indexing
{
    /// <summary>y[i] = x[indices[i]], rows of <paramref name="width"/>.</summary>
    public static void GatherRows(float* x, int[] indices, float* y, int width)
        => Blocks.ForRows(indices.Length, width, new GatherBody(x, indices, y, width));

    /// <summary>y[indices[i]] += x[i], in the order of i, so that repeated indices add up the same way every time.</summary>
    public static void ScatterAddRows(float* x, int[] indices, float* y, int width)
    {
        for (int i = 0; i < indices.Length; i++)
            TensorPrimitives.Add(Row(y, indices[i], width), Row(x, i, width), Row(y, indices[i], width));
    }

    /// <summary>Copies (or adds) <paramref name="count"/> runs of <paramref name="length"/> elements between two strided arrays.</summary>
    public static void CopyRuns(float* x, int strideX, float* y, int strideY, int count, int length, bool accumulate)
        => Blocks.ForRows(count, length, new CopyRunsBody(x, strideX, y, strideY, length, accumulate));

    /// <summary>
    /// Cuts images [B, C, H, W] into patches [B, (H/P) (W/P), C P P], as a convolution of stride P reads them; with
    /// <paramref name="inverse"/> patches go back into images. What is there already is added to or overwritten.
    /// </summary>
    public static void Patches(float* images, float* patches, int batch, int channels, int height, int width, int size, bool inverse,
        bool accumulate)
        => Blocks.For(batch, 1, new PatchesBody(images, patches, channels, height, width, size, inverse, accumulate));

    private static Span<float> Row(float* x, int row, int width) => new(x + ((long)row * width), width);

    private readonly struct GatherBody(float* x, int[] indices, float* y, int width) : IBlockBody
    {
        public void Run(int start, int end)
        {
            for (int i = start; i < end; i++) Row(x, indices[i], width).CopyTo(Row(y, i, width));
        }
    }

    private readonly struct CopyRunsBody(float* x, int strideX, float* y, int strideY, int length, bool accumulate) : IBlockBody
    {
        public void Run(int start, int end)
        {
            for (int i = start; i < end; i++)
            {
                var source = new ReadOnlySpan<float>(x + ((long)i * strideX), length);
                var target = new Span<float>(y + ((long)i * strideY), length);
                if (accumulate) TensorPrimitives.Add(target, source, target);
                else source.CopyTo(target);
            }
        }
    }

    private readonly struct PatchesBody(float* images, float* patches, int channels, int height, int width, int size, bool inverse,
        bool accumulate) : IBlockBody
    {
        public void Run(int start, int end)
        {
            for (int b = start; b < end; b++) CutImage(b);
        }

        private void CutImage(int b)
        {
            int across = width / size, down = height / size;
            float* patch = patches + ((long)b * across * down * channels * size * size);
            for (int py = 0; py < down; py++)
                for (int px = 0; px < across; px++)
                    for (int c = 0; c < channels; c++)
                        for (int y = 0; y < size; y++, patch += size)
                        {
                            var run = new Span<float>(patch, size);
                            var pixels = new Span<float>(
                                images + (((((long)b * channels) + c) * height) + (py * size) + y) * width + (px * size), size);
                            if (!inverse && accumulate) TensorPrimitives.Add(run, pixels, run);
                            else if (!inverse) pixels.CopyTo(run);
                            else if (accumulate) TensorPrimitives.Add(pixels, run, pixels);
                            else run.CopyTo(pixels);
                        }
        }
    }
}
