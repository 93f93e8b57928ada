# The package in an image. Build the package first: ./mvnw -Dquick -pl cli -am package
FROM eclipse-temurin:17-jre

RUN groupadd --system tiderace && useradd --system --gid tiderace --home-dir /var/lib/tiderace --create-home tiderace
ADD cli/target/tiderace-0.1.0.tar.gz /opt/
RUN ln -s /opt/tiderace-0.1.0 /opt/tiderace && ln -s /opt/tiderace/bin/tiderace /usr/local/bin/tiderace

USER tiderace
WORKDIR /var/lib/tiderace
# the launcher execs java, so signals reach it: docker stop is an orderly stop
ENTRYPOINT ["tiderace"]
CMD ["help"]
