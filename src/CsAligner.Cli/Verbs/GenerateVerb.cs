using System.CommandLine;
using CsAligner.Cli.Running;
using CsAligner.Cli.Usage;
using CsAligner.Generation;
using CsAligner.Generation.Diffusion;
using CsAligner.Studies.Encoders;

namespace CsAligner.Cli.Verbs;

/// <summary><c>csalign generate</c>: pictures of words, of pictures or of embeddings,
/// by a decoder that knows image embeddings alone.</summary>
internal static class GenerateVerb
{
    private const int MostSteps = 1000, MostGuidance = 20, MostPictures = 10_000;

    public static Command Create(CommandRunner runner)
    {
        var defaults = new GenerationOptions();
        Argument<string[]> words = new("WORDS")
        {
            Description = "What pictures are made of, each a text of its own. After -- all are words.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        Option<string[]> images = CommonOptions.Paths(
            "--image", PathRole.Picture, "In place of words: a picture, of which variations are made; once for each.");
        Option<string?> embeddings = CommonOptions.OptionalPath(
            "--embeddings", PathRole.Rows, "In place of words: rows in the decoder's space, a .npy file or a feature-set folder.");
        Option<string> decoder = CommonOptions.DefaultPath(
            "--decoder",
            PathRole.Decoder,
            $"{ShippedModel.Decoder}, which comes along and makes icons, or a folder that pretrain wrote.",
            ShippedModel.Decoder);
        Option<string?> model = CommonOptions.OptionalPath(
            "--model", PathRole.Model,
            $"What embeds the input: the model that the decoder was trained with. Left out: {ShippedModel.Name}.");
        Option<string?> adapter = CommonOptions.OptionalPath(
            "--adapter", PathRole.Run,
            "The folder that align wrote: words take its text adapter, pictures its image adapter if it trained one.");
        Option<int> count =
            CommonOptions.Count("--count", "Pictures of each input, from noise of their own.", defaults.Count, most: MostPictures);
        Option<int> steps = CommonOptions.Count("--steps", "Steps from noise to picture.", defaults.Steps, most: MostSteps);
        Option<double> guidance = CommonOptions.Number(
            "--guidance", "How far the embedding is exaggerated; 1: not at all, in half the time.", defaults.Guidance, 0, MostGuidance);
        Option<string> sampler = CommonOptions.Choice(
            "--sampler", "How a step is taken: heun asks the decoder twice and errs less.", Samplers.Default, [.. new Samplers().Names]);
        Option<ulong> seed = CommonOptions.Seed();
        Option<string> output = CommonOptions.RequiredPath("--out", PathRole.OutputFolder, "The folder to write pictures to.");
        Option<bool> json = CommonOptions.Json();
        var command = new Command("generate", "Make pictures of words, pictures or embeddings.")
        {
            words, images, embeddings, decoder, model, adapter, count, steps, guidance, sampler, seed, output, json,
        };
        GenerateInputs Inputs(ParseResult parsed) => new(
            parsed.GetValue(words) ?? [],
            parsed.GetValue(images) ?? [],
            parsed.GetValue(embeddings),
            parsed.GetValue(model),
            parsed.GetValue(adapter));
        runner.SetAction(command, (parsed, session) =>
        {
            GenerateInputs inputs = Inputs(parsed);
            var options = new GenerationOptions
            {
                Count = parsed.GetValue(count),
                Steps = parsed.GetValue(steps),
                Guidance = parsed.GetValue(guidance),
                Seed = parsed.GetValue(seed),
            };
            var run = new GenerateRun(session, inputs, parsed.GetRequiredValue(decoder), parsed.GetRequiredValue(sampler), options);
            run.Write(parsed.GetRequiredValue(output), parsed.GetValue(json));
        },
        parsed => Inputs(parsed).Check());
        return command;
    }
}
