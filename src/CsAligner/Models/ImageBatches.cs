using CsAligner.Tensors;
namespace CsAligner.Models;

/// <summary>Reads images batch by batch, the next ones while those before are computed.</summary>
internal static class ImageBatches
{
    /// <param name="count">The number of images.</param>
    /// <param name="imageBytes">Bytes of an image.</param>
    /// <param name="batch">Images in a batch, at least 1.</param>
    /// <param name="read">Called on another thread, in order and never twice at once; what it throws is thrown here.</param>
    /// <param name="compute">Takes the number of a batch's first image and the batch's bytes, in order.</param>
    /// <param name="cancellation">Stops between batches.</param>
    public static void Run(int count, int imageBytes, int batch, ImageReader read, Action<int, ReadOnlyMemory<byte>> compute,
        CancellationToken cancellation)
    {
        batch = Math.Clamp(batch, 1, Math.Max(1, count));
        var (rgb, next) = (new byte[checked(batch * imageBytes)], new byte[batch * imageBytes]);
        var reading = Start(0, rgb);
        try
        {
            for (int start = 0; start < count; start += batch)
            {
                cancellation.ThrowIfCancellationRequested();
                Synchronously.Run(() => reading);
                reading = Start(start + batch, next);
                compute(start, rgb.AsMemory(0, Math.Min(batch, count - start) * imageBytes));
                (rgb, next) = (next, rgb);
            }
        }
        finally
        {
            // The reader belongs to the caller, who may do away with it as soon as this ends.
            Task.WaitAny([reading], CancellationToken.None);
        }

        Task Start(int first, byte[] target) => Task.Run(
            () =>
            {
                for (int i = first; i < Math.Min(count, (long)first + batch); i++)
                    read(i, target.AsSpan((i - first) * imageBytes, imageBytes));
            },
            CancellationToken.None);
    }
}
