using CsAligner.Evaluation;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Testing;
using CsAligner.Training;

namespace CsAligner.Tests;

/// <summary>The README's lines of C#, compiled and run; they must be the README's to the letter.</summary>
public sealed class ReadmeExample : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_example_aligns_two_clouds()
    {
        string imagesPath = Path.Combine(_folder, "images.npy"), textsPath = Path.Combine(_folder, "texts.npy");
        WriteClouds(imagesPath, textsPath);

#pragma warning disable xUnit1051 // A reader of the README has no test to cancel.
        // README begins
        var images = Npy.ReadTensor(imagesPath);
        var texts = Npy.ReadTensor(textsPath);
        var options = new AlignmentOptions { Train = TrainedSide.Both, Lambda = 0.25 };
        var result = new AlignmentTrainer(options, new AlignmentData(images, texts)).Run();
        var measures = Evaluator.Evaluate(result.Image.Apply(images), result.Text.Apply(texts));
        Console.WriteLine($"D_CS {measures.Distributions.CsDivergenceOffDiagonal:g3} at sigma {measures.Distributions.Bandwidth:g3}");
        // README ends
#pragma warning restore xUnit1051

        double before = Evaluator.Evaluate(images, texts).Distributions.CsDivergenceOffDiagonal!.Value;
        Assert.True(measures.Distributions.CsDivergenceOffDiagonal < 0.25 * before);
    }

    [Fact]
    public void The_readme_shows_these_lines()
    {
        string root = Repository.Root;
        string[] source = File.ReadAllLines(Path.Combine(root, "tests", "CsAligner.Tests", "ReadmeExample.cs"));
        var lines = source.SkipWhile(l => !l.EndsWith("README begins", StringComparison.Ordinal)).Skip(1)
            .TakeWhile(l => !l.EndsWith("README ends", StringComparison.Ordinal)).Select(l => l.Trim());
        Assert.Contains("```csharp\n" + string.Join('\n', lines) + "\n```", File.ReadAllText(Path.Combine(root, "README.md")),
            StringComparison.Ordinal);
    }

    // Two clouds of pairs that share what they mean and differ by a constant: a modality gap.
    private static void WriteClouds(string imagesPath, string textsPath)
    {
        var random = new RandomGenerator(3);
        var images = new Tensor(200, 16);
        var texts = new Tensor(200, 16);
        for (int row = 0; row < 200; row++)
        {
            var image = images.Span.Slice(row * 16, 16);
            var text = texts.Span.Slice(row * 16, 16);
            for (int d = 0; d < 16; d++)
            {
                double shared = random.NextNormal();
                image[d] = (float)(shared + (0.3 * random.NextNormal()) + (d == 0 ? 4 : 0));
                text[d] = (float)(shared + (0.3 * random.NextNormal()) + (d == 1 ? 4 : 0));
            }

            Normalize(image);
            Normalize(text);
        }

        Npy.Write(imagesPath, images);
        Npy.Write(textsPath, texts);

        static void Normalize(Span<float> row)
        {
            float norm = System.Numerics.Tensors.TensorPrimitives.Norm(row);
            foreach (ref float value in row) value /= norm;
        }
    }
}
