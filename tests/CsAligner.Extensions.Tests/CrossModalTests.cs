using CsAligner.Adapters;
using CsAligner.Models;
using CsAligner.Onnx;
using CsAligner.Tensors;
using CsAligner.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace CsAligner.Extensions.Tests;

/// <summary>One generator gives texts and images in one space, each as its own generator gives it.</summary>
public sealed class CrossModalTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Texts_and_pictures_come_mixed_in_their_order()
    {
        using var folder = new TemporaryFolder();
        var pictures = new[] { "red.png", "blue.png" }
            .Select((name, i) =>
                new DataContent(File.ReadAllBytes(Samples.WritePicture(folder, name, (byte)(255 * i), 0, 99)), "image/png"))
            .ToArray();
        using var services = new ServiceCollection().AddCsAligner(options =>
        {
            options.Model = Samples.Model;
            options.Alignment = Samples.WriteAlignment(folder);
        }).BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });
        var texts = services.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>();
        var images = services.GetRequiredService<IEmbeddingGenerator<DataContent, Embedding<float>>>();
        float[][] expected =
        [
            (await images.GenerateAsync(pictures, cancellationToken: Token))[0].Vector.ToArray(),
            (await texts.GenerateAsync(["coffee"], cancellationToken: Token))[0].Vector.ToArray(),
            (await images.GenerateAsync(pictures, cancellationToken: Token))[1].Vector.ToArray(),
            (await texts.GenerateAsync(["arrow left"], cancellationToken: Token))[0].Vector.ToArray(),
        ];

        var mixed = services.GetRequiredService<IEmbeddingGenerator<AIContent, Embedding<float>>>();
        var made = await mixed.GenerateAsync(
            [pictures[0], new TextContent("coffee"), pictures[1], new TextContent("arrow left")], cancellationToken: Token);
        Assert.Equal(expected, made.Select(embedding => embedding.Vector.ToArray()));
        Assert.Equal(Samples.AlignedWidth, mixed.GetService<EmbeddingGeneratorMetadata>()!.DefaultModelDimensions);
        Assert.Equal("icon-clip", mixed.GetService<EmbeddingGeneratorMetadata>()!.DefaultModelId);
        Assert.NotNull(mixed.GetService<IImageEncoder>());
        Assert.NotNull(mixed.GetService<ITextEncoder>());
        Assert.Null(mixed.GetService<Adapter>());

        // A vector store holds what has no type, and asks whether it takes what it is given.
        IEmbeddingGenerator untyped = services.GetRequiredService<IEmbeddingGenerator>();
        Assert.Same(mixed, untyped);
        var ofTexts = Assert.IsAssignableFrom<IEmbeddingGenerator<string, Embedding<float>>>(untyped);
        var ofImages = Assert.IsAssignableFrom<IEmbeddingGenerator<DataContent, Embedding<float>>>(untyped);
        Assert.Equal(expected[1], (await ofTexts.GenerateVectorAsync("coffee", cancellationToken: Token)).ToArray());
        Assert.Equal(expected[0], (await ofImages.GenerateVectorAsync(pictures[0], cancellationToken: Token)).ToArray());
    }

    [Fact]
    public async Task What_cannot_be_embedded_together_is_refused()
    {
        using var model = FrozenEncoders.Load(Samples.Model);
        var narrow = new LinearAdapter(new Tensor(Samples.Width), 8, new RandomGenerator(1));
        using var images = new ImageEmbeddingGenerator(model.Images!, null, "m");
        using var texts = new TextEmbeddingGenerator(model.Texts!, null, "n");
        Assert.Contains("images have embeddings of 192 values, texts of 8",
            Assert.Throws<InputException>(() =>
                new CrossModalEmbeddingGenerator(images, new TextEmbeddingGenerator(model.Texts!, narrow, "n"))).Message,
            StringComparison.Ordinal);
        using var both = new CrossModalEmbeddingGenerator(images, texts);
        Assert.Equal("m and n", both.Metadata.DefaultModelId);
        var address = new UriContent("https://example.org/a.png", "image/png");
        Assert.Contains("UriContent cannot be embedded",
            (await Assert.ThrowsAsync<NotSupportedException>(() => both.GenerateAsync([address], cancellationToken: Token))).Message,
            StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(() => both.GenerateAsync([null!, new TextContent("a")], cancellationToken: Token));
        await Assert.ThrowsAsync<NotSupportedException>(() =>
            both.GenerateAsync([new TextContent("a")], new EmbeddingGenerationOptions { Dimensions = 8 }, Token));
        Assert.Empty(await both.GenerateAsync(Array.Empty<AIContent>(), cancellationToken: Token));
    }
}
