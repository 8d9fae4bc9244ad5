using CsAligner.Adapters;
using CsAligner.Data.Images;
using CsAligner.Models;
using CsAligner.Onnx;
using CsAligner.Tensors;
using CsAligner.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace CsAligner.Extensions.Tests;

/// <summary>Generators give the encoder's rows through the adapter, say what they are, and refuse what they cannot give.</summary>
public sealed class GeneratorTests
{
    private static readonly string[] Texts =
        ["coffee", "arrow left", "a much longer caption than the model reads, word after word after word", ""];

    [Fact]
    public async Task Texts_are_those_of_the_encoder_and_metadata_is_filled_in()
    {
        using var model = FrozenEncoders.Load(Samples.Model);
        using var generator = new TextEmbeddingGenerator(model.Texts!, modelId: model.Name);
        var made = await generator.GenerateAsync(Texts, cancellationToken: TestContext.Current.CancellationToken);
        var expected = model.Texts!.EmbedTexts(Texts, null, TestContext.Current.CancellationToken);
        Assert.Equal(Texts.Length, made.Count);
        for (int i = 0; i < Texts.Length; i++)
        {
            Assert.Equal(expected.Span.Slice(i * Samples.Width, Samples.Width).ToArray(), made[i].Vector.ToArray());
            Assert.Equal(("icon-clip", Samples.Width), (made[i].ModelId, made[i].Dimensions));
            Assert.NotNull(made[i].CreatedAt);
        }

        var metadata = generator.GetService<EmbeddingGeneratorMetadata>()!;
        Assert.Equal(("csaligner", "icon-clip", Samples.Width),
            (metadata.ProviderName, metadata.DefaultModelId, metadata.DefaultModelDimensions));
        Assert.Same(model.Texts, generator.GetService<ITextEncoder>());
        Assert.Same(generator, generator.GetService<TextEmbeddingGenerator>());
        Assert.Null(generator.GetService<Adapter>());
        Assert.Null(generator.GetService(typeof(ITextEncoder), "key"));
        Assert.Empty(await generator.GenerateAsync([], cancellationToken: TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Images_are_decoded_prepared_and_mapped_by_the_adapter()
    {
        using var folder = new TemporaryFolder();
        string[] paths = [Samples.WritePicture(folder, "red.png", 255, 0, 0), Samples.WritePicture(folder, "blue.png", 0, 0, 255)];
        using var model = FrozenEncoders.Load(Samples.Model);
        var adapter = Adapter.Load(Path.Combine(Samples.WriteAlignment(folder), "image-adapter.safetensors"));
        using var generator = new ImageEmbeddingGenerator(model.Images!, adapter, model.Name);
        var made = await generator.GenerateAsync(paths.Select(path => new DataContent(File.ReadAllBytes(path), "image/png")),
            cancellationToken: TestContext.Current.CancellationToken);
        var expected =
            adapter.Apply(model.Images!.EmbedImages(2, (i, rgb) => Read(paths[i], rgb), null, TestContext.Current.CancellationToken));
        for (int i = 0; i < 2; i++)
            Assert.Equal(expected.Span.Slice(i * Samples.AlignedWidth, Samples.AlignedWidth).ToArray(), made[i].Vector.ToArray());
        Assert.Equal(Samples.AlignedWidth, generator.GetRequiredService<EmbeddingGeneratorMetadata>().DefaultModelDimensions);
        Assert.Same(adapter, generator.GetService<Adapter>());
        Assert.Same(model.Images, generator.GetService<IImageEncoder>());

        var damaged = new DataContent("no picture"u8.ToArray(), "image/png") { Name = "holiday.png" };
        var good = new DataContent(await File.ReadAllBytesAsync(paths[0], TestContext.Current.CancellationToken), "image/png");
        Assert.Contains("cannot decode holiday.png",
            (await Assert.ThrowsAsync<InputException>(() =>
                generator.GenerateAsync([good, damaged], cancellationToken: TestContext.Current.CancellationToken))).Message,
                StringComparison.Ordinal);
        damaged.Name = null;
        Assert.Contains("cannot decode image 1",
            (await Assert.ThrowsAsync<InputException>(() =>
                generator.GenerateAsync([good, damaged], cancellationToken: TestContext.Current.CancellationToken))).Message,
                StringComparison.Ordinal);

        void Read(string path, Span<byte> rgb)
        {
            var picture = ImageDecoder.Decode(File.ReadAllBytes(path), path);
            model.Images!.Preprocessing.Fit(picture.Pixels, picture.Width, picture.Height, rgb);
        }
    }

    [Fact]
    public async Task What_cannot_be_given_is_refused_and_a_call_can_be_stopped()
    {
        using var model = FrozenEncoders.Load(Samples.Model);
        using var generator = new TextEmbeddingGenerator(model.Texts!, modelId: "m");
        Assert.Contains("gives 192",
            (await Assert.ThrowsAsync<NotSupportedException>(() =>
                generator.GenerateAsync(["a"], new EmbeddingGenerationOptions { Dimensions = 64 },
                    TestContext.Current.CancellationToken))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<NotSupportedException>(() =>
            generator.GenerateAsync(["a"], new EmbeddingGenerationOptions { ModelId = "other" }, TestContext.Current.CancellationToken));
        Assert.Single(
            await generator.GenerateAsync(["a"], new EmbeddingGenerationOptions { ModelId = "m", Dimensions = 192 },
                TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<ArgumentException>(() =>
            generator.GenerateAsync([null!], cancellationToken: TestContext.Current.CancellationToken));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            generator.GenerateAsync(Texts, cancellationToken: new CancellationToken(canceled: true)));
        using var stop = new CancellationTokenSource();
        var running = generator.GenerateAsync(Enumerable.Range(0, 200_000).Select(i => $"text number {i}"), cancellationToken: stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.Contains("maps features of 5 values, the encoder 'm' gives 192",
            Assert.Throws<InputException>(() =>
                new TextEmbeddingGenerator(model.Texts!, new LinearAdapter(new Tensor(5), 5, new RandomGenerator(1)), "m")).Message,
                StringComparison.Ordinal);
    }

    [Fact]
    public async Task Several_callers_get_the_same_vectors()
    {
        using var model = FrozenEncoders.Load(Samples.Model);
        using var generator = new TextEmbeddingGenerator(model.Texts!);
        var all = await Task.WhenAll(Enumerable.Range(0, 8)
            .Select(_ => generator.GenerateAsync(Texts, cancellationToken: TestContext.Current.CancellationToken)));
        foreach (var one in all)
            for (int i = 0; i < Texts.Length; i++) Assert.Equal(all[0][i].Vector.ToArray(), one[i].Vector.ToArray());
    }

    [Fact]
    public void A_container_gives_both_generators_of_each_key_and_reads_models_when_they_are_needed()
    {
        using var folder = new TemporaryFolder();
        string alignment = Samples.WriteAlignment(folder);
        using var services = new ServiceCollection()
            .AddCsAligner(options => options.Model = Samples.Model)
            .AddCsAligner(
                options =>
                {
                    options.Model = Samples.Model;
                    options.Alignment = alignment;
                },
                "aligned")
            .AddCsAligner(options => options.Model = folder["none"], "missing")
            .BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });
        var plain = services.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>();
        var aligned = services.GetRequiredKeyedService<IEmbeddingGenerator<string, Embedding<float>>>("aligned");
        Assert.Same(plain, services.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>());
        Assert.NotSame(plain, aligned);
        Assert.Null(plain.GetService<Adapter>());
        Assert.IsType<LinearAdapter>(aligned.GetService<Adapter>());
        Assert.Same(plain.GetService<ITextEncoder>(),
            services.GetRequiredService<IEmbeddingGenerator<DataContent, Embedding<float>>>().GetService<IImageEncoder>());
        Assert.Contains("no such folder",
            Assert.Throws<InputException>(() =>
                services.GetRequiredKeyedService<IEmbeddingGenerator<string, Embedding<float>>>("missing")).Message,
                StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new ServiceCollection().AddCsAligner(_ => { }));
    }
}
