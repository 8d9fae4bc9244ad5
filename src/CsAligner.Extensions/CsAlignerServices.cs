using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace CsAligner.Extensions;

/// <summary>Dependency injection of encoders and adapters.</summary>
public static class CsAlignerServices
{
    /// <summary>
    /// Adds <see cref="IEmbeddingGenerator{TInput, TEmbedding}"/> of texts (<see cref="string"/>), of images (<see cref="DataContent"/>)
    /// and of both (<see cref="AIContent"/>; also as <see cref="CrossModalEmbeddingGenerator"/>, and as the
    /// <see cref="IEmbeddingGenerator"/> that vector stores ask for) as singletons. Models are read when a generator is first asked for;
    /// one that takes images or texts alone serves that kind. Missing or damaged files throw <see cref="Tensors.InputException"/> then.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Fills in the options; called at once.</param>
    /// <param name="serviceKey">Tells several models apart; null adds the services without a key.</param>
    /// <returns>The same services.</returns>
    /// <exception cref="ArgumentException">No model was named.</exception>
    public static IServiceCollection AddCsAligner(this IServiceCollection services, Action<CsAlignerOptions> configure,
        object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        var options = new CsAlignerOptions();
        configure(options);
        if (string.IsNullOrWhiteSpace(options.Model)) throw new ArgumentException("Model must name a model's folder.", nameof(configure));
        services.AddKeyedSingleton(serviceKey, (_, _) => new CsAlignerModels(options));
        services.AddKeyedSingleton<IEmbeddingGenerator<string, Embedding<float>>>(serviceKey,
            (provider, key) => provider.GetRequiredKeyedService<CsAlignerModels>(key).Texts());
        services.AddKeyedSingleton<IEmbeddingGenerator<DataContent, Embedding<float>>>(serviceKey,
            (provider, key) => provider.GetRequiredKeyedService<CsAlignerModels>(key).Images());
        services.AddKeyedSingleton(serviceKey, (provider, key) => new CrossModalEmbeddingGenerator(
            (ImageEmbeddingGenerator)provider.GetRequiredKeyedService<IEmbeddingGenerator<DataContent, Embedding<float>>>(key),
            (TextEmbeddingGenerator)provider.GetRequiredKeyedService<IEmbeddingGenerator<string, Embedding<float>>>(key)));
        services.AddKeyedSingleton<IEmbeddingGenerator<AIContent, Embedding<float>>>(serviceKey,
            (provider, key) => provider.GetRequiredKeyedService<CrossModalEmbeddingGenerator>(key));
        services.AddKeyedSingleton<IEmbeddingGenerator>(serviceKey,
            (provider, key) => provider.GetRequiredKeyedService<CrossModalEmbeddingGenerator>(key));
        return services;
    }
}
