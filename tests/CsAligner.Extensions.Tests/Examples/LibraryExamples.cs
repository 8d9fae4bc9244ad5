using CsAligner.Adapters;
using CsAligner.Data.Images;
using CsAligner.Extensions;
using CsAligner.Models;
using CsAligner.Objectives.Terms;
using CsAligner.Onnx;
using CsAligner.Retrieval;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Ops;
using CsAligner.Testing;
using CsAligner.Training;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace CsAligner.Extensions.Tests.Examples;

/// <summary>The C# of docs/library.md, compiled and run; it must be the guide's to the letter.</summary>
public sealed class LibraryExamples
{
#pragma warning disable xUnit1051 // A reader of the guide has no test to cancel.
    [Fact]
    public async Task Images_and_texts_from_a_container()
    {
        using var folder = new TemporaryFolder();
        string modelFolder = Samples.Model, alignedFolder = Samples.WriteAlignment(folder),
            photo = Samples.WritePicture(folder, "red.png", 255, 0, 0);

        // container begins
        using var services = new ServiceCollection()
            .AddCsAligner(options => { options.Model = modelFolder; options.Alignment = alignedFolder; })
            .BuildServiceProvider();
        var texts = services.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>();
        var images = services.GetRequiredService<IEmbeddingGenerator<DataContent, Embedding<float>>>();
        var queries = await texts.GenerateAsync(["a red square", "coffee"]);
        var picture = await images.GenerateAsync([new DataContent(File.ReadAllBytes(photo), "image/png")]);
        float similarity = TensorPrimitives.Dot(queries[0].Vector.Span, picture[0].Vector.Span);
        // container ends

        Assert.InRange(similarity, -1, 1);
        Assert.Equal(2, queries.Count);
    }

    [Fact]
    public async Task One_generator_of_texts_and_pictures()
    {
        using var folder = new TemporaryFolder();
        string modelFolder = Samples.Model, alignedFolder = Samples.WriteAlignment(folder),
            photo = Samples.WritePicture(folder, "red.png", 255, 0, 0);

        // both begins
        using var services = new ServiceCollection()
            .AddCsAligner(options => { options.Model = modelFolder; options.Alignment = alignedFolder; })
            .BuildServiceProvider();
        var generator = services.GetRequiredService<CrossModalEmbeddingGenerator>();
        var embeddings = await generator.GenerateAsync([new TextContent("coffee"), new DataContent(File.ReadAllBytes(photo), "image/png")]);
        // both ends

        Assert.Equal(2, embeddings.Count);
    }

    [Fact]
    public async Task An_encoder_alone()
    {
        string modelFolder = Samples.Model;

        // encoder begins
        using var model = FrozenEncoders.Load(modelFolder);
        var generator = new TextEmbeddingGenerator(model.Texts!, modelId: model.Name);
        var embeddings = await generator.GenerateAsync(["arrow left", "arrow right", "coffee"]);
        float near = TensorPrimitives.Dot(embeddings[0].Vector.Span, embeddings[1].Vector.Span);
        float far = TensorPrimitives.Dot(embeddings[0].Vector.Span, embeddings[2].Vector.Span);
        Console.WriteLine($"{embeddings[0].Dimensions} values; arrows {near:f2}, arrow and coffee {far:f2}");
        // encoder ends

        Assert.True(near > far);
    }

    [Fact]
    public void An_onnx_model()
    {
        using var folder = new TemporaryFolder().CopyFrom(Samples.Model)
            .CopyFrom(Path.Combine(Repository.Root, "tests", "CsAligner.Onnx.Tests", "Golden", "icon-clip"));
        string onnxFolder = folder.Path;

        // onnx begins
        using var model = FrozenEncoders.Load(onnxFolder, new OnnxOptions { Threads = 2 });
        var features = model.Texts!.EmbedTexts(["arrow left", "coffee"]);
        Console.WriteLine($"{features.Rows} rows of {features.Width} values by ONNX Runtime {OnnxRuntimeLibrary.Version}");
        // onnx ends

        Assert.Equal((2, Samples.Width), (features.Rows, features.Width));
    }

    [Fact]
    public void Training_an_adapter()
    {
        using var folder = new TemporaryFolder();
        string modelFolder = Samples.Model, adapterPath = folder["text-adapter.safetensors"];
        string[] captions =
            [.. Enumerable.Range(0, 60).Select(i => $"{(i % 2 == 0 ? "red" : "blue")} {(i % 3 == 0 ? "arrow" : "circle")} {i}")];
        ImageReader readImage = (i, rgb) => rgb.Fill((byte)(i * 4));

        // training begins
        using var model = FrozenEncoders.Load(modelFolder);
        var images = model.Images!.EmbedImages(captions.Length, readImage);
        var texts = model.Texts!.EmbedTexts(captions);
        var options = new AlignmentOptions { Train = TrainedSide.Text, Epochs = 5 };
        var result = new AlignmentTrainer(options, new AlignmentData(images, texts)).Run();
        result.Text.Save(adapterPath);
        var generator = new TextEmbeddingGenerator(model.Texts!, Adapter.Load(adapterPath), model.Name);
        // training ends

        Assert.Equal(Samples.Width, generator.Metadata.DefaultModelDimensions);
    }

    [Fact]
    public void One_index_of_both_kinds()
    {
        var random = new RandomGenerator(1);
        Tensor images = Tensor.Normal(random, 1, 60, 8), texts = Tensor.Normal(random, 1, 50, 8);
        Tensor picture = Tensor.Normal(random, 1, 1, 8), words = Tensor.Normal(random, 1, 1, 8), unwanted = Tensor.Normal(random, 1, 1, 8);

        // mixed begins
        var index = new MixedIndex(images, texts);
        Tensor query = MixedQuery.Without(MixedQuery.Mean(picture, words), unwanted);
        var options = new MixedSearchOptions { Top = 10, MinScore = ScoreCutoff.Auto };
        foreach ((MixedRow row, float score) in index.Search(query, options)[0].Matches) Console.WriteLine($"{row} {score:f3}");
        var like = new MixedRow(RowKind.Image, 3);
        var similar = index.Search(index.Read(like), new MixedSearchOptions { Find = RowKind.Image, Except = [like] });
        SimilarPairs pairs = index.FindDuplicates(minScore: 0.95, top: 100);
        // mixed ends

        Assert.Equal(10, similar[0].Matches.Count);
        Assert.DoesNotContain(like, similar[0].Matches.Select(match => match.Row));
        Assert.Equal(pairs.Total, pairs.Best.Count);
    }

    [Fact]
    public void A_term_of_ones_own()
    {
        Tensor images = Tensor.Normal(new RandomGenerator(1), 1, 60, 8), texts = Tensor.Normal(new RandomGenerator(2), 1, 60, 8);

        // own term in use begins
        var objective = AlignmentObjective.Of(ObjectiveTerms.CauchySchwarz, ObjectiveTerms.InfoNce, new SecondMoments());
        var options = new AlignmentOptions { Objective = objective, Epochs = 5 };
        var result = new AlignmentTrainer(options, new AlignmentData(images, texts)).Run();
        // own term in use ends

        Assert.Equal("cs+infonce+second-moments", objective.ToString());
        Assert.All(result.Epochs.Skip(1), epoch => Assert.InRange(epoch.Other, 1e-3f, 1));
    }
#pragma warning restore xUnit1051

    [Theory]
    [InlineData("container", "tests/CsAligner.Extensions.Tests/Examples/LibraryExamples.cs")]
    [InlineData("both", "tests/CsAligner.Extensions.Tests/Examples/LibraryExamples.cs")]
    [InlineData("encoder", "tests/CsAligner.Extensions.Tests/Examples/LibraryExamples.cs")]
    [InlineData("onnx", "tests/CsAligner.Extensions.Tests/Examples/LibraryExamples.cs")]
    [InlineData("training", "tests/CsAligner.Extensions.Tests/Examples/LibraryExamples.cs")]
    [InlineData("mixed", "tests/CsAligner.Extensions.Tests/Examples/LibraryExamples.cs")]
    [InlineData("own term", "tests/CsAligner.Extensions.Tests/Examples/LibraryExamples.cs")]
    [InlineData("own term in use", "tests/CsAligner.Extensions.Tests/Examples/LibraryExamples.cs")]
    [InlineData("adapter", "samples/OwnAdapter/ScaleAdapter.cs")]
    [InlineData("kinds", "samples/OwnAdapter/Program.cs")]
    [InlineData("op", "samples/OwnOp/SoftplusOp.cs")]
    [InlineData("check", "samples/OwnOp/Program.cs")]
    public void The_guide_shows_these_lines(string name, string file)
    {
        string[] source = File.ReadAllLines(Path.Combine(Repository.Root, file));
        string[] lines =
            [.. source.SkipWhile(l => !l.EndsWith($"// {name} begins", StringComparison.Ordinal)).Skip(1)
                .TakeWhile(l => !l.EndsWith($"// {name} ends", StringComparison.Ordinal))];
        Assert.InRange(lines.Length, 2, 30);
        int indent = lines.Where(l => l.Length > 0).Min(l => l.Length - l.TrimStart().Length);
        string shown = string.Join('\n', lines.Select(l => l.Length > indent ? l[indent..] : ""));
        Assert.Contains("```csharp\n" + shown + "\n```", File.ReadAllText(Path.Combine(Repository.Root, "docs", "library.md")),
            StringComparison.Ordinal);
    }

    // own term begins
    /// <summary>MMD² with the kernel (a · b)²: the second moments of both sets meet.</summary>
    private sealed class SecondMoments : ObjectiveTerm
    {
        public override string Name => "second-moments";

        public override bool SupportsAllCaptions => true;

        public override Tensor Forward(Tape tape, TermInputs inputs) => tape.Add(
            tape.Add(Kernel(tape, inputs.X, inputs.X), Kernel(tape, inputs.Y, inputs.Y)),
            tape.Scale(Kernel(tape, inputs.X, inputs.Y), -2));

        private static Tensor Kernel(Tape tape, Tensor a, Tensor b)
        {
            Tensor products = tape.MatMul(a, b, transposeB: true);
            return tape.Mean(tape.Mul(products, products));
        }
    }
    // own term ends
}
