using System.Diagnostics;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Testing;

namespace CsAligner.Mpi.Tests;

/// <summary>Two small clouds that belong together, with unpaired rows, in files.</summary>
internal sealed class SmallSets
{
    private const int Width = 24, Directions = 6;

    private readonly TemporaryFolder _folder;

    public SmallSets(TemporaryFolder folder, int pairs = 1300)
    {
        _folder = folder;
        var random = new RandomGenerator(1);
        Tensor images = Tensor.Normal(random, 1, Directions, Width), texts = Tensor.Normal(random, 0.4f, Directions, Width);
        for (int i = 0; i < texts.Length; i++) texts.Span[i] += images.Span[i];
        Tensor meaning = Tensor.Normal(random, 1, pairs, Directions);
        (Images, Texts) = (Save("images.npy", meaning, images, 1), Save("texts.npy", meaning, texts, -1));
        UnpairedImages = Save("more-images.npy", Tensor.Normal(random, 1, 131, Directions), images, 1);
        UnpairedTexts = Save("more-texts.npy", Tensor.Normal(random, 1, 37, Directions), texts, -1);

        string Save(string name, Tensor of, Tensor map, float shift)
        {
            var rows = new Tensor(of.Rows, Width);
            for (int i = 0; i < of.Rows; i++)
            {
                for (int d = 0; d < Width; d++)
                {
                    double value = shift + (0.4 * random.NextNormal());
                    for (int k = 0; k < Directions; k++) value += of.Span[(i * Directions) + k] * map.Span[(k * Width) + d];
                    rows.Span[(i * Width) + d] = (float)value;
                }
            }

            Npy.Write(folder[name], rows, ElementType.Float32);
            return folder[name];
        }
    }

    public string Images { get; }

    public string Texts { get; }

    public string UnpairedImages { get; }

    public string UnpairedTexts { get; }

    /// <summary>The command line of an alignment.</summary>
    public string[] Align(string name, int epochs = 4) =>
    [
        "align", "--images", Images, "--texts", Texts, "--unpaired-images", UnpairedImages, "--unpaired-texts", UnpairedTexts, "--out",
        _folder[name], "--epochs", $"{epochs}", "--batch-size", "256", "--seed", "3",
    ];

    /// <summary>Expects the same weights in two folders, to a hundred thousandth.</summary>
    public static void Near(string expected, string actual)
    {
        foreach (string file in (string[])["image-adapter.safetensors", "text-adapter.safetensors"])
        {
            using SafeTensorsFile one = SafeTensorsFile.Open(Path.Combine(expected, file)),
                other = SafeTensorsFile.Open(Path.Combine(actual, file));
            Assert.Equal(one.Names, other.Names);
            foreach (string name in one.Names)
            {
                double[] want = one.ReadDoubles(name), got = other.ReadDoubles(name);
                double most = Math.Max(1, want.Max(Math.Abs));
                for (int i = 0; i < want.Length; i++)
                    Assert.True(Math.Abs(want[i] - got[i]) <= 1e-5 * most, $"{file} {name}[{i}]: {want[i]} against {got[i]}");
            }
        }
    }

    /// <summary>Runs csalign in one process.</summary>
    public static (int ExitCode, string Output, string Error) Alone(params string[] arguments)
    {
        string[] program = MpiRun.Program("csalign", arguments);
        using var process = Process.Start(new ProcessStartInfo(program[0], program[1..])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }
}
