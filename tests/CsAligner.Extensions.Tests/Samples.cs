using CsAligner.Adapters;
using CsAligner.Data.Images;
using CsAligner.Tensors;
using CsAligner.Testing;

namespace CsAligner.Extensions.Tests;

/// <summary>The model that ships, pictures and adapters for it.</summary>
internal static class Samples
{
    public const int Width = 192, AlignedWidth = 100;

    public static string Model => Path.Combine(Repository.Root, "models", "icon-clip");

    /// <summary>Writes a picture of one colour with a bar across it.</summary>
    public static string WritePicture(TemporaryFolder folder, string name, byte red, byte green, byte blue)
    {
        const int Side = 70, Height = 50;
        var pixels = new byte[Side * Height * 3];
        for (int i = 0; i < Side * Height; i++)
            (pixels[3 * i], pixels[(3 * i) + 1], pixels[(3 * i) + 2]) = i / Side is > 20 and < 30
                ? ((byte)0, (byte)0, (byte)0)
                : (red, green, blue);
        File.WriteAllBytes(folder[name], PngFile.Encode(pixels, Side, Height));
        return folder[name];
    }

    /// <summary>A folder as align writes it: adapters that move and project features.</summary>
    public static string WriteAlignment(TemporaryFolder folder)
    {
        foreach (var (file, seed) in new[] { ("image-adapter.safetensors", 1UL), ("text-adapter.safetensors", 2UL) })
            new LinearAdapter(Tensor.Normal(new RandomGenerator(seed), 0.05f, Width), AlignedWidth,
                new RandomGenerator(3)).Save(folder[file]);
        return folder.Path;
    }
}
